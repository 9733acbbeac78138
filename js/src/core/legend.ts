import { h, say } from "./dom";
import { decimalsFor, plain, signed } from "./numbers";
import type { Speech } from "./words";

export interface LegendFacts {
  max: number;
  /** No value is negative: the scale runs from 0 up. */
  sequential: boolean;
  unit: string;
  target: string;
  contrast: string | null;
  sum: number;
  /** Score of the input minus score with nothing in it, when both are known. */
  output: number | null;
  baseline: number | null;
}

export interface Legend {
  el: HTMLElement;
  update(facts: LegendFacts | null): void;
  /** The words as they stand, for a saved picture. */
  words(): { low: string; high: string; ticks: string[]; note: string; sequential: boolean };
}

/** The colour scale in numbers and words, and whether the values add up to what they explain. */
export function legend(t: Speech): Legend {
  const low = h("span", { dir: "auto" });
  const high = h("span", { dir: "auto" });
  const ticks = [h("span"), h("span"), h("span")];
  const bar = h("div", { class: "xai-legend-bar", "aria-hidden": "true" });
  const scale = h(
    "div",
    { class: "xai-legend-scale" },
    h("div", { class: "xai-legend-ends" }, low, high),
    bar,
    h("div", { class: "xai-legend-ticks xai-number" }, ...ticks),
  );
  const note = h("div", { class: "xai-legend-note xai-number" });
  const el = h("div", { class: "xai-legend" }, scale, note);

  return {
    el,
    update(facts) {
      el.hidden = !facts;
      if (!facts) return;
      const { max, sequential, target, contrast } = facts;
      const decimals = decimalsFor(max);
      el.dataset.sequential = String(sequential);
      say(
        low,
        sequential ? t("weak") : t(contrast === null ? "against" : "for", { target: contrast ?? target }),
      );
      say(high, sequential ? t("strong") : t("for", { target }));
      const numbers = sequential ? [0, max / 2, max] : [-max, 0, max];
      numbers.forEach((number, i) => {
        const zero = number === 0 ? "0" : null;
        say(
          ticks[i] as HTMLElement,
          zero ?? (sequential ? plain(number, decimals) : signed(number, decimals)),
        );
      });
      const unit = t.maybe(`unit.${facts.unit}`) ?? facts.unit;
      const { output, baseline } = facts;
      const change = output === null || baseline === null ? null : output - baseline;
      // The sum of gradient lengths means nothing; where a change is to be explained, the sum always counts.
      const values = {
        sum: signed(facts.sum, decimals),
        change: change === null ? "" : signed(change, decimals),
      };
      const sum = sequential && change === null ? "" : t(change === null ? "sum" : "sum.of", values);
      say(note, [unit, sum].filter(Boolean).join(" · "));
      note.title =
        change === null
          ? ""
          : t("sum.title", {
              ...values,
              output: plain(output ?? 0, decimals),
              baseline: plain(baseline ?? 0, decimals),
            });
    },
    words: () => ({
      low: low.textContent ?? "",
      high: high.textContent ?? "",
      ticks: ticks.map((tick) => tick.textContent ?? ""),
      note: note.textContent ?? "",
      sequential: el.dataset.sequential === "true",
    }),
  };
}
