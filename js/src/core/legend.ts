import { h, say } from "./dom";
import { decimalsFor, plain, signed } from "./numbers";
import { visible } from "./visible";
import type { Speech, Word } from "./words";

export interface LegendFacts {
  max: number;
  /** Whether a value's sign says which way the score went; without one the scale runs from 0 up. */
  signed: boolean;
  /** Where only a part of the scale is shown: the numbers at its ends. */
  range?: [low: number, high: number];
  /** Some values lie beyond the ends. */
  beyond?: boolean;
  unit: string;
  target: string;
  contrast: string | null;
  /** Null: they add up to nothing. */
  sum: number | null;
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

  /** What the two ends mean. */
  function ends({ unit, target, contrast }: LegendFacts): [string, string] {
    const way = (word: Word, name: string) => t(word, { target: visible(name) });
    if (contrast !== null) return [way("for", contrast), way("for", target)];
    // The text that a similarity is with is too long to repeat, and numbers of one's own may have no target.
    if (!target || unit === "cosine") return [t("down"), t("up")];
    return [way("against", target), way("for", target)];
  }

  return {
    el,
    update(facts) {
      el.hidden = !facts;
      if (!facts) return;
      const { max, unit, output, baseline_output: baseline } = facts;
      const change = output === null || baseline === null ? null : output - baseline;
      const [from, to] = facts.range ?? [facts.signed ? -max : 0, max];
      const sequential = !facts.signed || (facts.range?.includes(0) ?? false);
      const decimals = decimalsFor(max);
      el.dataset.sequential = String(sequential);
      const [down, up] = facts.signed ? ends(facts) : [t("weak"), t("strong")];
      const said = sequential ? (from < 0 ? [down, t("weak")] : [t("weak"), up]) : [down, up];
      said.forEach((words, i) => {
        const end = [low, high][i] as HTMLElement;
        say(end, words);
        end.title = words;
      });
      const numbers = [from, (from + to) / 2, to];
      for (const [i, tick] of ticks.entries()) {
        const number = numbers[i] ?? 0;
        const over = facts.beyond && i !== 1 && number ? (number < 0 ? "≤ " : "≥ ") : "";
        say(tick, number === 0 ? "0" : over + (facts.signed ? signed : plain)(number, decimals));
      }
      const values = { sum: signed(facts.sum ?? 0, decimals), change: signed(change ?? 0, decimals) };
      // The sum of gradient lengths means nothing, so nothing is said of it.
      const sum = !facts.signed || facts.sum === null ? "" : t(change === null ? "sum" : "sum.of", values);
      const name = t.maybe(`unit.${unit}`) ?? unit;
      say(note, [name, sum].filter(Boolean).join(" · "));
      note.title =
        change === null || facts.sum === null
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
