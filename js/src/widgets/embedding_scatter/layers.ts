import { h, say, set } from "../../core/dom";
import { slider } from "../../core/slider";
import type { Speech } from "../../core/words";

export interface Layers {
  el: HTMLElement;
  update(facts: { layers: string[]; layer: number; why: string | null; exported: boolean }): void;
}

/** Which layer of a model the points are from. */
export function layers(options: { t: Speech; go(layer: number): void; signal: AbortSignal }): Layers {
  const { t, go, signal } = options;
  const label = t("scatter.layer");
  const range = slider(label, go, signal);
  const name = h("span", { class: "xai-layer-name xai-number", dir: "auto" });
  const el = h("div", "seek-one xai-layers", h("span", "caption", label), range.el, name);

  return {
    el,
    update({ layers: names, layer, why, exported }) {
      el.hidden = names.length < 2;
      if (el.hidden) return;
      const shown = range.put(names.length - 1, layer);
      const words = names[shown] ?? String(shown);
      range.el.hidden = exported;
      range.el.disabled = why !== null;
      set(range.el, { title: why, "aria-valuetext": words });
      say(name, words);
    },
  };
}
