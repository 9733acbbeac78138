import { button, h, on, say, set } from "./dom";
import type { Language, Speech } from "./words";

/** The verdict on a map, and how it was found. */
export interface Trust {
  kind: "better" | "none" | "open" | "checking";
  label: Record<Language, string>;
  why: Record<Language, string>;
}

export interface Badge {
  el: HTMLElement;
  /** The verdict in a sentence, where a person has asked for it. */
  why: HTMLElement;
  update(trust: Trust | null): void;
}

/** A mark for each verdict, so that none is told by its colour alone. */
export const MARKS = { better: "✓", none: "✕", open: "?", checking: "…" };

/** Whether the map can be trusted: a chip that says it, and at a click how that was found. */
export function badge(t: Speech, signal: AbortSignal): Badge {
  const mark = h("span", { "aria-hidden": "true" });
  const label = h("span", "number");
  const el = button("trust", mark, label);
  const why = h("div", { class: "xai-trust-why", role: "status", hidden: true });
  let open = false;
  let now: Trust | null = null;

  function draw(): void {
    el.hidden = !now;
    why.hidden = !now || !open;
    if (!now) return;
    el.dataset.kind = now.kind;
    say(mark, MARKS[now.kind]);
    say(label, now.label[t.language]);
    el.title = now.why[t.language];
    set(el, { "aria-expanded": String(open) });
    say(why, open ? el.title : "");
  }
  on(
    el,
    "click",
    () => {
      open = !open;
      draw();
    },
    signal,
  );
  return {
    el,
    why,
    update(trust) {
      now = trust;
      draw();
    },
  };
}
