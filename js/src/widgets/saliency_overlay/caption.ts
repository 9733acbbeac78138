import { badge, type Trust } from "../../core/badge";
import { button, h, icon, on, say, set } from "../../core/dom";
import type { Speech } from "../../core/words";

const CROSS = "M4.5 4.500l7 7M11.500 4.500l-7 7";

export interface Caption {
  el: HTMLElement;
  /** The verdict in a sentence. */
  why: HTMLElement;
  update(facts: {
    title: string;
    trust: Trust | null;
    active: boolean;
    closes: string | null;
    pick: boolean;
  }): void;
}

/** What stands over a panel's picture: what it shows, whether that can be trusted, and its end. */
export function caption(options: {
  t: Speech;
  activate(): void;
  close(): void;
  signal: AbortSignal;
}): Caption {
  const { t, activate, close, signal } = options;
  const name = button("panel-name");
  name.dir = "auto";
  const trust = badge(t, signal);
  const cross = button("tool", icon(CROSS));
  on(name, "click", activate, signal);
  on(cross, "click", close, signal);

  const el = h("div", "panel-head", name, trust.el, cross);

  return {
    el,
    why: trust.why,
    update({ title, trust: verdict, active, closes, pick }) {
      el.hidden = !title && !verdict && closes === null;
      say(name, title);
      name.title = title;
      name.disabled = !pick;
      set(name, { "aria-pressed": pick ? String(active) : null });
      trust.update(verdict);
      cross.hidden = closes === null;
      if (closes !== null) set(cross, { title: closes, "aria-label": `${closes}: ${title}` });
    },
  };
}
