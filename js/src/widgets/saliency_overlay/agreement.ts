import { button, h, on } from "../../core/dom";
import { percent, signed } from "../../core/numbers";
import { remembered } from "../../core/remembered";
import type { Speech } from "../../core/words";
import { spearman, spread, spreadHeat } from "./disagreement";
import type { PanelFacts } from "./panels";
import type { Heat, Look, Scene, Shown } from "./parts";
import type { Picture, Regions } from "./wire";

export interface AgreementFacts {
  /** Each panel's numbers, null where there are none, and what it is called. */
  all: readonly (Shown | null)[];
  names: string[];
  regions: Regions | null;
  picture: Picture | null;
  smoothing: number;
}

export interface Agreement {
  /** How the panels' rankings agree, pair by pair. */
  el: HTMLElement;
  update(facts: AgreementFacts): void;
  /** Where they part, as one more panel, or null. */
  panel(scene: Scene, region: number | null): PanelFacts | null;
  hide(): void;
}

/** Pairs that are told; more would be a table. */
const MOST = 6;

/** Whether several panels say the same, and where they don't. */
export function agreement(t: Speech, changed: () => void, signal: AbortSignal): Agreement {
  const pairs = h("span", "pairs");
  const show = button("link", t("saliency.parted"));
  const el = h("div", "agreement", h("span", "caption", t("saliency.agree")), pairs, show);
  el.title = t("saliency.agree.title");
  let open = true;
  let several = false;
  let last = "";
  let values: Float32Array | null = null;
  let heat: Heat | null = null;
  const put = (next: boolean) => {
    open = next;
    changed();
  };
  on(show, "click", () => put(true), signal);

  const found = remembered((...all: (Float32Array | boolean)[]) => {
    const some: Shown[] = [];
    for (let i = 0; i < all.length; i += 2)
      some.push({ values: all[i], estimate: { signed: all[i + 1] } } as Shown);
    const each = some.flatMap((one, i) =>
      some.slice(i + 1).map((other, j) => [i, i + 1 + j, spearman(one, other)] as const),
    );
    return { each, values: spread(some) };
  });
  const heated = remembered(spreadHeat);
  /** In colours of its own: it is no map of what moved the score. */
  const apart = remembered((look: Look): Look => {
    const view = look.view === "mask" ? "blend" : look.view;
    return { ...look, view, colormap: "viridis", threshold: 0 };
  });

  function fill(lines: (readonly [number, number, number])[], titles: string[]): void {
    pairs.replaceChildren(
      ...lines.map(([i, j, r]) =>
        h(
          "span",
          "pair",
          h("span", { dir: "auto" }, `${titles[i]} ↔ ${titles[j]} `),
          h("strong", "number", Number.isNaN(r) ? "–" : signed(r, 2)),
        ),
      ),
    );
  }

  return {
    el,
    update({ all, names, regions, picture, smoothing }) {
      several = all.length > 1;
      el.hidden = !several;
      if (!several) return;
      const some = all.filter((one) => one !== null);
      const titles = names.filter((_, i) => all[i]);
      const known = some.length > 1 && regions && picture;
      const told = known && found(...some.flatMap((one) => [one.values, one.estimate.signed]));
      values = told ? told.values : null;
      heat =
        values && known && open ? heated(values, regions as Regions, picture as Picture, smoothing) : null;
      const lines = told ? told.each.slice(0, MOST) : [];
      const key = JSON.stringify([lines, titles]);
      if (key !== last) fill(lines, titles);
      last = key;
      show.hidden = open;
    },
    panel(scene, region) {
      if (!several || !open || !values) return null;
      const share = region === null ? undefined : values[region];
      return {
        id: "parted",
        scene: { ...scene, heat, look: apart(scene.look) },
        title: t("saliency.parted"),
        label: `${t("saliency.parted")}. ${t("saliency.parted.title")}`,
        figure: share === undefined ? "" : t("saliency.parted.value", { share: percent(share) }),
        ...{ trust: null, fault: null, stale: false },
        closes: t("saliency.close"),
      };
    },
    hide: () => put(false),
  };
}
