import { button, h, on, say, set } from "../../core/dom";
import type { Speech } from "../../core/words";
import { CROSS, tool } from "./tool";

export interface Drop {
  el: HTMLElement;
  update(facts: { drops: string; drop: string; why: string | null; waiting: boolean }): void;
}

/** A text, or a sum of words, that is placed among the points. */
export function drop(options: { t: Speech; write(text: string): void; signal: AbortSignal }): Drop {
  const { t, write, signal } = options;
  const field = h("input", { class: "xai-field xai-field-wide", type: "text", dir: "auto" });
  const go = button("button", t("scatter.drop"));
  const news = h("span", { class: "xai-caption", role: "status" });
  const send = () => write(field.value.trim());
  const empty = () => {
    field.value = "";
    send();
    field.focus();
  };
  const off = tool(t("scatter.drop.off"), CROSS, empty, signal);
  const el = h("div", "seek-one", field, go, off, news);
  on(go, "click", send, signal);
  on(
    field,
    "keydown",
    (event) => {
      if (event.key === "Enter" && !event.isComposing) send();
    },
    signal,
  );

  return {
    el,
    update({ drops, drop: shown, why, waiting }) {
      el.hidden = !drops;
      const label = t(drops === "words" ? "scatter.drop.words" : "scatter.drop.text");
      set(field, { "aria-label": label, placeholder: label, title: why });
      if (document.activeElement !== field && field.value !== shown) field.value = shown;
      field.disabled = go.disabled = why !== null;
      off.hidden = !shown;
      say(news, waiting ? t("scatter.drop.waiting") : "");
    },
  };
}
