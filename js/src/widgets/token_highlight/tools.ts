import { h, icon, set } from "../../core/dom";
import type { Speech, Word } from "../../core/words";

const ICONS = {
  edit: "M3 13l.7-3L10.5 3.2a1.2 1.2 0 0 1 1.7 0l.6.6a1.2 1.2 0 0 1 0 1.7L6 12.3zM9.5 4.2l2.3 2.3",
  special: "M5.5 3.5H3v9h2.5M10.5 3.5H13v9h-2.5M6 8h4",
  list: "M6 4h7.5M6 8h7.5M6 12h7.5M2.5 4h.5M2.5 8h.5M2.5 12h.5",
  copy: "M6 5.5h7.5v8H6zM10 5.5v-3H2.5v8H6",
};

export type Tool = "edit" | "special" | "list" | "copy" | "svg" | "png";

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
  const make = (tool: Tool): HTMLButtonElement => {
    const label = t(tool as Word);
    const face = tool === "svg" || tool === "png" ? tool.toUpperCase() : icon(ICONS[tool]);
    const button = h(
      "button",
      { type: "button", class: "xai-tool", title: label, "aria-label": label },
      face,
    );
    button.addEventListener("click", () => use(tool), { signal });
    home.append(button);
    return button;
  };
  const buttons: Record<Tool, HTMLButtonElement> = {
    edit: make("edit"),
    special: make("special"),
    list: make("list"),
    copy: make("copy"),
    svg: make("svg"),
    png: make("png"),
  };
  return {
    update(tool, { hidden = false, pressed, dead = null }) {
      const button = buttons[tool];
      button.hidden = hidden;
      button.disabled = dead !== null;
      set(button, {
        title: dead ?? t(tool as Word),
        "aria-pressed": pressed === undefined ? null : String(pressed),
      });
    },
    focus: (tool) => buttons[tool].focus(),
  };
}
