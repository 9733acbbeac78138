import { h, labelled, offered, on } from "../../core/dom";
import type { Speech } from "../../core/words";
import type { ModelFacts, Panel } from "./wire";

export interface Models {
  el: HTMLElement;
  update(facts: { models: readonly ModelFacts[]; panel: Panel; live: boolean; why: string | null }): void;
}

/** Which of several models a panel asks; a method that the other doesn't know gives way to its first. */
export function models(t: Speech, pick: (changes: Partial<Panel>) => void, signal: AbortSignal): Models {
  const select = h("select", "select");
  const el = labelled("method", t("saliency.model"), select);
  let known: Parameters<Models["update"]>[0] | null = null;
  on(
    select,
    "change",
    () => {
      const model = Number(select.value);
      const methods = (known?.models[model]?.methods ?? []).filter(({ dead }) => !dead);
      const method = (methods.find(({ name }) => name === known?.panel.method) ?? methods[0])?.name;
      pick({ model, layer: null, ...(method ? { method } : {}) });
    },
    signal,
  );

  return {
    el,
    update(facts) {
      known = facts;
      const { models: all, panel, live, why } = facts;
      el.hidden = !live || all.length < 2;
      if (select.options.length !== all.length)
        select.replaceChildren(...offered(all.map(({ name }, i) => [String(i), name])));
      select.value = String(panel.model);
      select.disabled = why !== null;
      select.title = why ?? "";
    },
  };
}
