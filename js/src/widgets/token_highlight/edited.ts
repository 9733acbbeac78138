import { align, moved } from "./align";
import type { Sheet } from "./flow";
import type { Picture } from "./picture";

/** A picture as it is: its text, its words. */
export function sheetOf({ input, units, pieces }: Picture): Sheet {
  return { text: input.text, units, end: input.cut ?? input.text.length, pieces };
}

/**
 * The picture under a text that is being typed: colours stay on the words that the edit left alone, and what a
 * language model had generated follows the prompt.
 */
export function editedSheet(picture: Picture, prompt: string, typed: string): Sheet {
  const { input, units } = picture;
  // What was generated is not part of what is edited, but it stands after it.
  const after = input.prompt === null ? "" : input.text.slice(prompt.length);
  const text = typed + after;
  const alignment = align(input.text, text);
  const kept = units.flatMap((unit) => {
    const span = unit.tag ? null : moved(alignment, unit.start, unit.end);
    return span ? [{ ...unit, start: span[0], end: span[1] }] : [];
  });
  const cut = input.cut === null ? null : moved(alignment, input.cut, input.text.length);
  return { text, units: kept, end: cut?.[0] ?? text.length, pieces: (unit) => [unit] };
}
