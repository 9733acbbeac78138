import { h, say } from "../../core/dom";
import type { Speech } from "../../core/words";
import { listed } from "./listed";
import type { Texts } from "./texts";
import { shortened, type Told } from "./told";
import { CROSS, SHEETS, tool } from "./tool";

export interface Selection {
  el: HTMLElement;
  update(selected: Uint32Array, count: number): void;
}

/** So many are listed. */
const MOST = 100;
const LONG = 120;

/** What a lasso holds: how many points, and the first of them by name. */
export function selection(options: {
  t: Speech;
  texts: Texts;
  words: Told;
  go(point: number): void;
  point(point: number | null): void;
  clear(): void;
  copy(): void;
  signal: AbortSignal;
}): Selection {
  const { t, texts, words, go, point, clear, copy, signal } = options;
  const count = h("span", { class: "xai-held-count xai-number", role: "status" });
  const tools = h(
    "span",
    "tools",
    tool(t("scatter.copy"), SHEETS, copy, signal),
    tool(t("scatter.clear"), CROSS, clear, signal),
  );
  const list = listed({ label: t("scatter.selected.list"), go, point, signal });
  const more = h("div", "caption");
  const box = h("div", "held-list", list.el, more);
  const row = h("div", "held-head", count, tools);
  const el = h("div", "held", row, box);

  return {
    el,
    update(selected, all) {
      const some = selected.length > 0;
      // The row itself stays, for what is spoken.
      tools.hidden = box.hidden = !some;
      el.classList.toggle("xai-empty", !some);
      const numbers = {
        n: selected.length.toLocaleString(t.language),
        count: all.toLocaleString(t.language),
      };
      say(count, some ? t("scatter.selected", numbers) : "");
      const first = Array.from(selected.subarray(0, MOST)).filter((one) => one < all);
      texts.want(first);
      list.update(
        first.map((one) => ({ point: one, name: shortened(words.name(one), LONG), value: words.value(one) })),
      );
      const left = selected.length - first.length;
      more.hidden = left <= 0;
      say(more, t("scatter.more", { n: left.toLocaleString(t.language) }));
    },
  };
}
