import { button, h, on, set } from "./dom";

/** Buttons side by side, of which at most one is pressed. */
export function segments<N extends string>(
  label: string,
  faces: Record<N, [text: string, title?: string]>,
  pick: (name: N) => void,
  signal: AbortSignal,
) {
  const all = (Object.keys(faces) as N[]).map((name) => {
    const [text, title] = faces[name];
    const face = button("segment", text);
    if (title) face.title = title;
    on(face, "click", () => pick(name), signal);
    return [name, face] as const;
  });
  return {
    el: h(
      "span",
      { class: "xai-switch", role: "group", "aria-label": label },
      ...all.map(([, face]) => face),
    ),
    update(now: N | null, can: (name: N) => boolean = () => true): void {
      for (const [name, face] of all) set(face, { "aria-pressed": String(name === now), hidden: !can(name) });
    },
  };
}
