import { button, icon, on, set } from "../../core/dom";
import type { Speech } from "../../core/words";

const ICONS = {
  edit: "M3 13l.7-3L10.5 3.2a1.2 1.2 0 0 1 1.7 0l.6.6a1.2 1.2 0 0 1 0 1.7L6 12.3zM9.5 4.2l2.3 2.3",
  special: "M5.5 3.5H3v9h2.5M10.5 3.5H13v9h-2.5M6 8h4",
  list: "M6 4h7.5M6 8h7.5M6 12h7.5M2.5 4h.5M2.5 8h.5M2.5 12h.5",
  copy: "M6 5.5h7.5v8H6zM10 5.5v-3H2.5v8H6",
};

const ORDER = ["edit", "special", "list", "copy", "svg", "png"] as const;

export type Tool = (typeof ORDER)[number];

export interface Tools {
  /** Show a tool or not, press it or not, forbid it with a reason. */
  update(tool: Tool, facts: { hidden?: boolean; pressed?: boolean; dead?: string | null }): void;
  focus(tool: Tool): void;
}

/** The row of small buttons on the right of the head. */
export function tools(options: {
  t: Speech;
  home: HTMLElement;
  use(tool: Tool): void;
  signal: AbortSignal;
}): Tools {
  const { t, home, use, signal } = options;
  const buttons = new Map<Tool, HTMLButtonElement>();
  for (const tool of ORDER) {
    const face = tool === "svg" || tool === "png" ? tool.toUpperCase() : icon(ICONS[tool]);
    const one = button("tool", face);
    set(one, { title: t(tool), "aria-label": t(tool) });
    on(one, "click", () => use(tool), signal);
    home.append(one);
    buttons.set(tool, one);
  }
  const get = (tool: Tool) => buttons.get(tool) as HTMLButtonElement;
  return {
    update(tool, { hidden = false, pressed, dead = null }) {
      const one = get(tool);
      one.hidden = hidden;
      one.disabled = dead !== null;
      set(one, {
        title: dead ?? t(tool),
        "aria-pressed": pressed === undefined ? null : String(pressed),
      });
    },
    focus: (tool) => get(tool).focus(),
  };
}
