import { h } from "../../core/dom";

/** What a tooltip says: a head, lines under it, and the tokens of a merged word with their values. */
export interface Tip {
  word: string;
  value: string;
  lines: string[];
  tokens: [string, string][];
}

export interface Tooltip {
  el: HTMLElement;
  show(tip: Tip, at: HTMLElement): void;
  hide(): void;
}

let serial = 0;

/** One tooltip a widget. It follows the word and stays inside the widget: a cell clips what leaves it. */
export function tooltip(root: HTMLElement): Tooltip {
  serial += 1;
  const el = h("div", { class: "xai-tip", role: "tooltip", id: `xai-tip-${serial}`, hidden: true });
  let word: HTMLElement | null = null;

  function position(at: HTMLElement): void {
    const frame = root.getBoundingClientRect();
    // A word that breaks over two lines has two boxes; the tip belongs to the first.
    const box = at.getClientRects()[0] ?? at.getBoundingClientRect();
    const left = box.left + box.width / 2 - frame.left - el.offsetWidth / 2;
    const below = box.bottom - frame.top + 8;
    const above = box.top - frame.top - el.offsetHeight - 8;
    const roomBelow = below + el.offsetHeight <= frame.height;
    el.style.left = `${Math.max(0, Math.min(left, frame.width - el.offsetWidth))}px`;
    el.style.top = `${roomBelow || above < 0 ? below : above}px`;
  }

  return {
    el,
    show(tip, at) {
      word?.removeAttribute("aria-describedby");
      word = at;
      const tokens = tip.tokens.flatMap(([name, value]) => [
        h("span", { dir: "auto" }, name),
        h("span", "xai-number", value),
      ]);
      el.replaceChildren(
        h("div", "xai-tip-head", h("strong", { dir: "auto" }, tip.word), h("span", {}, tip.value)),
        ...tip.lines.map((line) => h("div", "xai-tip-line", line)),
      );
      if (tokens.length) el.append(h("div", "xai-tip-tokens", ...tokens));
      el.hidden = false;
      at.setAttribute("aria-describedby", el.id);
      position(at);
    },
    hide() {
      word?.removeAttribute("aria-describedby");
      word = null;
      el.hidden = true;
    },
  };
}
