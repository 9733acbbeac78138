import { h, on, set } from "../../core/dom";
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

/** Which layer is looked at, with the shape of what lies over the picture there. */
export function layers(t: Speech, pick: (layer: string | null) => void, signal: AbortSignal): Layers {
  const select = h("select", "select");
  const el = h("label", "method", h("span", "caption", t("saliency.layer")), select);
  let last = "";
  on(select, "change", () => pick(select.value || null), signal);

  return {
    el,
    update({ model, method, layer, used, live, why }) {
      el.hidden = !live || !model?.layered.includes(method);
      if (el.hidden || !model) return;
      const all = model.layers.map(({ name, shape }) => [name, `${name} · ${shape.join(" × ")}`]);
      if (layer !== null && !all.some(([name]) => name === layer)) all.push([layer, layer]);
      const auto = t("saliency.layer.auto") + (layer === null && used ? ` · ${used}` : "");
      const key = JSON.stringify([auto, all]);
      if (key !== last) {
        last = key;
        select.replaceChildren(
          ...[["", auto], ...all].map(([value, text = ""]) => h("option", { value, dir: "auto" }, text)),
        );
      }
      select.value = layer ?? "";
      select.disabled = why !== null;
      set(select, { title: why ?? t("saliency.layer.title") });
    },
  };
}
