import { bound, decimalsFor, missing, plain, signed } from "../../core/numbers";
import { titleOf } from "../../core/status";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import { kept } from "./paint";
import type { Place, Shown } from "./parts";
import type { Panel } from "./wire";

/** What is said of panels and places. */
export interface Told {
  /** Method, target and layer, and the model where there are several. */
  title(panel: Panel): string;
  /** As much of the titles as tells the panels apart. */
  short(panels: readonly Panel[]): string[];
  /** A panel's number at a place. */
  value(shown: Shown | null, region: number | null): string;
  /** Where a place is. */
  place(place: Place): string;
  /** Its strongest regions, for those who don't see them. */
  summary(shown: Shown | null): string;
}

const NAMED = 3;
/** What tells panels apart, as a person would say it: the method, else the model, the target, the layer. */
const ORDER = [1, 0, 2, 3];

/** The regions that a panel puts first, the strongest first. */
export function strongest({ values }: Shown, count: number): number[] {
  const size = (i: number) => Math.abs(values[i] as number);
  const all = [...values.keys()].filter((i) => size(i) > 0);
  return all.sort((one, other) => size(other) - size(one)).slice(0, count);
}

const largest = kept<Float32Array, number>();
const largestOf = (values: Float32Array) =>
  largest(values, "", () =>
    values.reduce((most, value) => Math.max(most, missing(value) ? 0 : Math.abs(value)), 0),
  );
const first = kept<Float32Array, number[]>();

export function told(t: Speech, state: Known): Told {
  const nameOf = (region: number) => state.regions?.names[region] ?? String(region);

  function parts(panel: Panel): string[] {
    const { method, target, layer } = panel;
    const facts = state.modelOf(panel);
    const { shown, stale } = state.answer(panel);
    const now = stale ? null : shown?.estimate;
    const wanted = target === null ? [] : [target].flat();
    const label = (one: number | string) => {
      const at = facts?.outputs.ids?.indexOf(one as number) ?? -1;
      return facts?.outputs.labels?.[at] ?? String(one);
    };
    const about = now ? [now.target, now.contrast].filter(Boolean) : wanted.map(label);
    return [
      state.models().length > 1 ? (facts?.name ?? "") : "",
      titleOf(t, facts?.methods ?? [], method),
      about.join(` ${t("contrast")} `),
      // The method's own choice stands in the list of layers, where there is one.
      layer ?? (facts?.hides ? "" : (now?.layer ?? "")),
    ];
  }
  const joined = (some: string[]) => some.filter(Boolean).join(" · ");

  function figure(shown: Shown, region: number): string {
    const { values, error, estimate } = shown;
    const value = values[region] as number;
    if (missing(value)) return t("pending");
    const decimals = decimalsFor(largestOf(values));
    const off = error[region] as number;
    const words = (estimate.signed ? signed : plain)(value, decimals);
    return estimate.error_kind === "exact" || missing(off) || !off
      ? words
      : `${words} ± ${bound(off, decimals + 1)}`;
  }

  return {
    title: (panel) => joined(parts(panel)),
    short(panels) {
      const all = panels.map(parts);
      const named = (of: number[]) => all.map((one) => joined(of.map((at) => one[at] ?? "")));
      const kinds = (of: number[]) => new Set(named(of)).size;
      let of: number[] = [];
      for (const at of ORDER) if (kinds([...of, at]) > kinds(of)) of = [...of, at];
      return named(of.length ? of : [1]);
    },
    value(shown, region) {
      if (!shown || region === null) return "";
      const rank = shown.ranks[region];
      const of = { rank: rank ?? 0, n: shown.values.length };
      return [figure(shown, region), rank ? t("rank", of) : ""].filter(Boolean).join(" · ");
    },
    place({ x, y, region }) {
      const name = region === null ? t("saliency.outside") : nameOf(region);
      return `${t("saliency.place", { x: Math.floor(x), y: Math.floor(y) })} · ${name}`;
    },
    summary(shown) {
      if (!shown) return "";
      const names = first(shown.values, "", () => strongest(shown, NAMED)).map(
        (region) => `${nameOf(region)} ${figure(shown, region)}`,
      );
      return names.length ? t("saliency.strongest", { names: names.join(", ") }) : "";
    },
  };
}
