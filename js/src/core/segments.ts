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
    on(face, "click", () => pick(name), signal);
    return [name, face, title] as const;
  });
  return {
    el: h(
      "span",
      { class: "xai-switch", role: "group", "aria-label": label },
      ...all.map(([, face]) => face),
    ),
    /** `can`: whether a face is there at all; `why`: why it cannot be pressed, or null. */
    update(
      now: N | null,
      can: (name: N) => boolean = () => true,
      why: (name: N) => string | null = () => null,
    ): void {
      for (const [name, face, title] of all) {
        const reason = why(name);
        face.disabled = reason !== null;
        set(face, {
          "aria-pressed": String(name === now),
          hidden: !can(name),
          title: reason ?? title,
        });
      }
    },
  };
}
