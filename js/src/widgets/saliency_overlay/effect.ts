import type { Answer } from "../../core/ask";
import { h } from "../../core/dom";
import { decimalsFor, percent, plain, signed } from "../../core/numbers";
import { remembered } from "../../core/remembered";
import type { Outputs, Targets } from "../../core/targets";
import type { Speech } from "../../core/words";

export interface HiddenAnswer extends Answer {
  outputs: Outputs;
  /** The explained score with the part hidden, and with nothing hidden. */
  output: number;
  before: number;
}

/** Outputs that are listed. */
const FEW = 5;
/** Less than this share is no change to speak of. */
const LITTLE = 0.01;

interface Row {
  id: number;
  label: string;
  /** A probability, or a score where there are none; null: it was not among those that were told. */
  before: number | null;
  after: number;
}

/** The outputs that are told of: what is explained first, then the likeliest before or after. */
export function rowsOf(before: Outputs | null, after: Outputs, targets: Targets): Row[] {
  const told = before && (before.probabilities ?? before.scores);
  const all = after.ids.map((id, i) => ({
    id,
    label: after.labels[i] ?? String(id),
    before: told?.[before?.ids.indexOf(id) ?? -1] ?? null,
    after: (after.probabilities ?? after.scores)[i] ?? Number.NaN,
  }));
  const weight = (row: Row) => Math.max(row.after, row.before ?? row.after);
  const place = ({ id }: Row) => [...targets, id].indexOf(id);
  return all.sort((one, other) => place(one) - place(other) || weight(other) - weight(one)).slice(0, FEW);
}

const largestOf = ({ scores }: Outputs) => Math.max(...scores.map(Math.abs), 0);

/** How numbers of these outputs are written. */
function writing(outputs: Outputs) {
  const decimals = decimalsFor(largestOf(outputs));
  return outputs.probabilities ? percent : (score: number) => plain(score, decimals);
}

/** What the answer means, in a sentence or two. */
export function claimOf(t: Speech, answer: HiddenAnswer, before: Outputs | null, targets: Targets): string {
  const { outputs, output, before: whole } = answer;
  const rows = rowsOf(before, outputs, targets);
  const written = writing(outputs);
  const said: string[] = [];
  const [row] = rows;
  if (row && row.before !== null && row.id === targets[0]) {
    const change = row.after - row.before;
    const little = outputs.probabilities
      ? LITTLE
      : LITTLE * Math.max(Math.abs(row.before), Math.abs(row.after));
    const verb = Math.abs(change) < little ? "stays" : change < 0 ? "falls" : "rises";
    const words = { label: row.label, from: written(row.before), to: written(row.after) };
    said.push(t(`saliency.claim.${verb}`, words));
  }
  if (!said.length || targets.length > 1) {
    const decimals = decimalsFor(Math.max(Math.abs(output), Math.abs(whole)));
    said.push(t("saliency.claim.score", { from: plain(whole, decimals), to: plain(output, decimals) }));
  }
  const best = (one: Outputs | null) => one?.ids[one.scores.indexOf(Math.max(...one.scores))];
  const now = rows.find(({ id }) => id === best(outputs));
  if (outputs.kind === "class" && now && before && now.id !== best(before))
    said.push(t("saliency.claim.other", { label: now.label, share: written(now.after) }));
  return said.join(t.language === "zh" ? "" : " ");
}

/** The outputs before and after, one below the other. */
export function changes(t: Speech) {
  const el = h("ul", "changes");
  let targets: Targets = [];

  function line({ id, label, before, after }: Row, outputs: Outputs): HTMLElement {
    const written = writing(outputs);
    const largest = largestOf(outputs);
    const part = (value: number) => String(outputs.probabilities ? value : value / (largest || 1));
    const bar = h("span", { class: "xai-change-bar", "aria-hidden": "true" }, h("span"), h("span"));
    bar.style.setProperty("--before", part(before ?? after));
    bar.style.setProperty("--after", part(after));
    const change = after - (before ?? Number.NaN);
    const by = outputs.probabilities
      ? t("saliency.points", { n: signed(100 * change, 1) })
      : signed(change, decimalsFor(largest));
    return h(
      "li",
      { class: "xai-change", "data-role": ["explained", "contrast"][targets.indexOf(id as never)] },
      h("span", { class: "xai-score-name", dir: "auto", title: label }, label),
      bar,
      h("span", "number", `${before === null ? "–" : written(before)} → ${written(after)}`),
      h("span", "number change-by", before === null ? "" : by),
    );
  }

  /** Written anew only with another answer: a brush moves much more often. */
  const listed = remembered((after: Outputs | null, before: Outputs | null, _: string) =>
    el.replaceChildren(...(after ? rowsOf(before, after, targets).map((row) => line(row, after)) : [])),
  );
  return {
    el,
    update(after: Outputs | null, before: Outputs | null, about: Targets): void {
      targets = about;
      listed(after, before, about.join());
    },
  };
}
