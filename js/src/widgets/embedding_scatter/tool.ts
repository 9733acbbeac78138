import { button, icon, on, set } from "../../core/dom";

export const CROSS = "M4 4l8 8M12 4l-8 8";
export const SHEETS = "M6 5.5h7.5v8H6zM10 5.5v-3H2.5v8H6";

/** A small button that says what it does when one points at it: an icon by its path, or a word. */
export function tool(
  label: string,
  face: string,
  use: (event: MouseEvent) => unknown,
  signal: AbortSignal,
): HTMLButtonElement {
  const one = button("tool", face.startsWith("M") ? icon(face) : face);
  set(one, { title: label, "aria-label": label });
  on(one, "click", use, signal);
  return one;
}
