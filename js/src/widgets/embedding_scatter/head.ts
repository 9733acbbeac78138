import { type Attributes, h, labelled, on, say } from "../../core/dom";
import { plain } from "../../core/numbers";
import { segments } from "../../core/segments";
import type { Speech } from "../../core/words";
import { curve } from "./curve";
import type { Cloud, Described, State } from "./wire";

export interface HeadFacts {
  /** Whether anything can be changed. */
  can: boolean;
  /** Whether there will ever be anybody who changes it. */
  exported: boolean;
  why: string | null;
  projection: string;
  dims: number;
  perplexity: number;
  /** Null: what suits the number of points. */
  rate: number | null;
  colorings: Described[];
  coloring: string;
  cloud: Cloud | null;
}

export interface Head {
  /** What belongs beside the projection's name. */
  settings: HTMLElement;
  /** What t-SNE alone is told. */
  tsne: HTMLElement;
  /** How t-SNE comes along. */
  curve: HTMLElement;
  update(facts: HeadFacts): void;
}

/** The largest perplexity that so many points allow: three times as many neighbours are looked at. */
const most = (count: number) => Math.max(1, Math.floor((count - 1) / 3));

/** How a projection is set: flat or with depth, what t-SNE is told, and what its colours are. */
export function head(options: {
  t: Speech;
  write(changes: Partial<State>): void;
  recolour(name: string): void;
  signal: AbortSignal;
}): Head {
  const { t, write, recolour, signal } = options;
  const dimensions = segments(
    t("scatter.dims"),
    { 2: ["2D", t("scatter.flat")], 3: ["3D", t("scatter.deep")] },
    (side) => write({ dims: Number(side) }),
    signal,
  );
  const number = (what: "perplexity" | "rate", more: Attributes) => {
    const field = h("input", { class: "xai-field xai-number", type: "number", ...more });
    const label = labelled("method", t(`scatter.${what}`), field);
    label.title = t(`scatter.${what}.title`);
    return [label, field] as const;
  };
  const [perplexity, field] = number("perplexity", { min: 1, step: 1 });
  const [rate, steps] = number("rate", { min: 0, step: "any", placeholder: t("scatter.rate.auto") });
  const tsne = h("span", "settings", perplexity, rate);
  const select = h("select", "select");
  const fixed = h("span", "method-name");
  const colour = labelled("method", t("scatter.colour"), select, fixed);
  const settings = h("span", "settings", dimensions.el, colour);
  const chart = curve(t);
  on(select, "change", () => recolour(select.value), signal);
  on(
    field,
    "change",
    () => {
      const { valueAsNumber: wanted } = field;
      if (Number.isFinite(wanted) && wanted >= 1)
        write({ perplexity: Math.min(wanted, Number(field.max) || wanted) });
    },
    signal,
  );
  on(
    steps,
    "change",
    () => {
      const { valueAsNumber: wanted } = steps;
      if (wanted > 0) write({ learning_rate: wanted });
      else if (steps.validity.badInput || wanted <= 0) steps.value = String(given ?? "");
      else write({ learning_rate: null });
    },
    signal,
  );
  let given: number | null = null;
  let last = "";

  return {
    settings,
    tsne,
    curve: chart.el,
    update({ can, exported, why, projection, dims, perplexity: set_, rate, colorings, coloring, cloud }) {
      dimensions.el.hidden = exported;
      const shown = dims === 2 ? "2" : "3";
      const kept = (side: string) =>
        projection === "given" && side !== shown ? t("scatter.dims.given") : null;
      dimensions.update(shown, undefined, (side) => why ?? kept(side));
      tsne.hidden = exported || projection !== "tsne";
      field.disabled = steps.disabled = !can;
      field.max = String(most(cloud?.count ?? 0));
      if (document.activeElement !== field && field.valueAsNumber !== set_) field.value = String(set_);
      given = rate;
      if (document.activeElement !== steps) steps.value = String(rate ?? "");
      const key = JSON.stringify(colorings);
      if (key !== last) {
        last = key;
        select.replaceChildren(
          ...colorings.map(({ name, title, dead }) =>
            h("option", { value: name, disabled: Boolean(dead), title: dead }, title[t.language]),
          ),
        );
      }
      const chosen = colorings.find(({ name }) => name === coloring);
      select.value = coloring;
      select.disabled = !can;
      select.title = why ?? chosen?.summary[t.language] ?? "";
      select.hidden = exported;
      say(fixed, chosen?.title[t.language] ?? coloring);
      fixed.hidden = !exported;
      colour.hidden = exported ? coloring === "none" || !colorings.length : colorings.length < 2;
      chart.update(cloud?.method === "tsne" ? cloud.objective : []);
    },
  };
}

/** How far a projection is, in numbers. */
export function progressWords(t: Speech, cloud: Cloud | null): string {
  if (!cloud) return "";
  const { iteration, iterations, objective, explained } = cloud;
  if (explained.length) {
    const sum = explained.reduce((one, other) => one + other, 0);
    const parts = explained.map((share) => `${plain(100 * share, 0)}%`).join(" + ");
    return t("scatter.explained", { parts, sum: `${plain(100 * sum, 0)}%` });
  }
  const parts: string[] = [];
  if (iterations)
    parts.push(
      cloud.complete
        ? t("scatter.iterations", { n: iteration || iterations })
        : t("scatter.iteration", { n: iteration, count: iterations }),
    );
  const divergence = objective.at(-1)?.[1];
  if (divergence !== undefined) parts.push(`KL ${plain(divergence, 2)}`);
  return parts.join(" · ");
}
