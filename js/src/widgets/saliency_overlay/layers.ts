import { h, labelled, offered, on, set } from "../../core/dom";
import type { Speech } from "../../core/words";
import type { ModelFacts } from "./wire";

export interface Layers {
  el: HTMLElement;
  update(facts: {
    model: ModelFacts | undefined;
    method: string;
    /** What is asked for, and what was looked at. */
    layer: string | null;
    used: string | null;
    live: boolean;
    why: string | null;
  }): void;
}

/** A model's layers, each with its shape. */
export const shapesOf = (model: ModelFacts | undefined): [name: string, words: string][] =>
  (model?.layers ?? []).map(({ name, shape }) => [name, `${name} · ${shape.join(" × ")}`]);

/** Which layer is looked at, with the shape of what lies over the picture there. */
export function layers(t: Speech, pick: (layer: string | null) => void, signal: AbortSignal): Layers {
  const select = h("select", "select");
  const el = labelled("method", t("saliency.layer"), select);
  let last = "";
  on(select, "change", () => pick(select.value || null), signal);

  return {
    el,
    update({ model, method, layer, used, live, why }) {
      el.hidden = !live || !model?.layered.includes(method);
      if (el.hidden || !model) return;
      const all = shapesOf(model);
      if (layer !== null && !all.some(([name]) => name === layer)) all.push([layer, layer]);
      const auto = t("saliency.layer.auto") + (layer === null && used ? ` · ${used}` : "");
      const key = JSON.stringify([auto, all]);
      if (key !== last) {
        last = key;
        select.replaceChildren(...offered([["", auto], ...all]));
      }
      select.value = layer ?? "";
      select.disabled = why !== null;
      set(select, { title: why ?? t("saliency.layer.title") });
    },
  };
}
