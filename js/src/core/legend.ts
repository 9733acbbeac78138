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
  /** The score of the input, and with nothing in it. */
  output: number | null;
  baseline_output: number | null;
}

export interface Legend {
  el: HTMLElement;
  update(facts: LegendFacts | null): void;
  /** The words as they stand, for a saved picture. */
  words(): { ends: string[]; ticks: string[]; note: string; sequential: boolean };
}

const textsOf = (elements: Element[]) => elements.map((element) => element.textContent ?? "");

/** The colour scale in numbers and words, and whether the values add up to what they explain. */
export function legend(t: Speech): Legend {
  const low = h("span", { dir: "auto" });
  const high = h("span", { dir: "auto" });
  const ticks = [h("span"), h("span"), h("span")];
  const bar = h("div", { class: "xai-legend-bar", "aria-hidden": "true" });
  const scale = h(
    "div",
    "legend-scale",
    h("div", "legend-ends", low, high),
    bar,
    h("div", "legend-ticks number", ...ticks),
  );
  const note = h("div", "legend-note number");
  const el = h("div", "legend", scale, note);

  return {
    el,
    update(facts) {
      el.hidden = !facts;
      if (!facts) return;
      const { max, sequential, target, contrast } = facts;
      const decimals = decimalsFor(max);
      el.dataset.sequential = String(sequential);
      const alike = facts.unit === "cosine" && contrast === null;
      const down = alike
        ? t("less")
        : t(contrast === null ? "against" : "for", { target: contrast ?? target });
      const up = alike ? t("more.similar") : t("for", { target });
      for (const [end, words] of [
        [low, sequential ? t("weak") : down],
        [high, sequential ? t("strong") : up],
      ] as const) {
        say(end, words);
        end.title = words;
      }
      const numbers = sequential ? [0, max / 2, max] : [-max, 0, max];
      numbers.forEach((number, i) => {
        const zero = number === 0 ? "0" : null;
        say(
          ticks[i] as HTMLElement,
          zero ?? (sequential ? plain(number, decimals) : signed(number, decimals)),
        );
      });
      const unit = t.maybe(`unit.${facts.unit}`) ?? facts.unit;
      const { output, baseline_output: baseline } = facts;
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
      ends: textsOf([low, high]),
      ticks: textsOf(ticks),
      note: textsOf([note]).join(),
      sequential: el.dataset.sequential === "true",
    }),
  };
}
