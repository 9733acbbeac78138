import { h, on, say } from "../../core/dom";
import type { Speech } from "../../core/words";

export interface Readout {
  el: HTMLElement;
  /** The place that is pointed at, "" for none; `said`: also what the panels say of it. */
  show(place: string, said: readonly string[]): void;
}

/** Milliseconds after the last step of the keyboard. */
const PAUSE = 300;

/** The place that is pointed at, in words; steps of the keyboard are spoken as well. */
export function readout(t: Speech, root: HTMLElement, tools: HTMLElement, signal: AbortSignal): Readout {
  const words = h("span", "place number");
  const spoken = h("span", { class: "xai-spoken", "aria-live": "polite" });
  let keyed = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  // Before a picture keeps the key for itself.
  root.addEventListener("keydown", () => (keyed = true), { capture: true, signal });
  on(root, "pointermove", () => (keyed = false), signal);
  signal.addEventListener("abort", () => clearTimeout(pause));

  return {
    el: h("div", "place-line", words, spoken, tools),
    show(place, said) {
      say(words, place || t("saliency.hint"));
      clearTimeout(pause);
      if (keyed && place) pause = setTimeout(() => say(spoken, [place, ...said].join(", ")), PAUSE);
    },
  };
}
