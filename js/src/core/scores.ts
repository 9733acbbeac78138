import { button, h, on, say, set } from "./dom";
import { decimalsFor, percent, plain, signed } from "./numbers";
import { clicked, type Outputs, type Targets } from "./targets";
import { visible } from "./visible";
import type { Speech } from "./words";

export interface ScoresOptions {
  t: Speech;
  /** The new target: an id, or [this, rather than that]. */
  aim(target: number | [number, number]): void;
  signal: AbortSignal;
}

export interface Scores {
  el: HTMLElement;
  update(facts: { outputs: Outputs | null; targets: Targets; live: boolean; alive: boolean }): void;
}

/** Rows of a long list that are shown at first. */
const FEW = 5;

interface Row {
  el: HTMLElement;
  main: HTMLElement;
  name: HTMLElement;
  bar: HTMLElement;
  number: HTMLElement;
  versus: HTMLButtonElement;
  id: number;
}

/** The output bar: what the model says, one row an output; a click explains that one. */
export function scores({ t, aim, signal }: ScoresOptions): Scores {
  const caption = h("div", "caption");
  const list = h("ul", "scores-list");
  const more = button("link");
  const el = h("div", "scores", caption, list, more);
  let current: Targets = [];
  let all = false;
  let rows: Row[] = [];
  let shape = "";
  let latest: Parameters<Scores["update"]>[0] | null = null;

  on(
    more,
    "click",
    () => {
      all = !all;
      if (latest) update(latest);
    },
    signal,
  );

  function rowOf(clickable: boolean): Row {
    const name = h("span", { class: "xai-score-name", dir: "auto" });
    const bar = h("span", { class: "xai-score-bar", "aria-hidden": "true" }, h("span"));
    const number = h("span", "score-number number");
    const main: HTMLElement = h(clickable ? "button" : "div", { class: "xai-score" }, name, bar, number);
    const versus = button("versus", t("contrast"));
    const row: Row = { el: h("li", {}, main), main, name, bar, number, versus, id: -1 };
    if (clickable) {
      main.setAttribute("type", "button");
      row.el.append(versus);
      on(main, "click", (event) => aim(clicked(current, row.id, event.shiftKey)), signal);
      on(
        main,
        "keydown",
        (event) => {
          if (event.key !== "Enter" || !event.shiftKey) return;
          event.preventDefault();
          aim(clicked(current, row.id, true));
        },
        signal,
      );
      on(versus, "click", () => aim(clicked(current, row.id, true)), signal);
    }
    return row;
  }

  function order({ outputs, targets }: { outputs: Outputs; targets: Targets }): number[] {
    const indices = outputs.ids.map((_, i) => i);
    if (outputs.kind !== "class" || indices.length <= FEW) return indices;
    const weight = (i: number) => outputs.probabilities?.[i] ?? outputs.scores[i] ?? 0;
    indices.sort((a, b) => weight(b) - weight(a));
    // What is explained stays in sight, however unlikely it is.
    return indices.filter((i, place) => all || place < FEW || targets.some((id) => id === outputs.ids[i]));
  }

  function fill(row: Row, i: number, outputs: Outputs, clickable: boolean, dead: string | null): void {
    const id = outputs.ids[i] ?? i;
    const label = outputs.labels[i] ?? String(id);
    const shown = outputs.kind === "token" ? visible(label) : label;
    const probability = outputs.probabilities?.[i] ?? null;
    const score = outputs.scores[i] ?? 0;
    const largest = Math.max(...outputs.scores.map(Math.abs), 0);
    const part = probability ?? (outputs.kind === "similarity" ? score : score / (largest || 1));
    row.id = id;
    say(row.name, shown);
    row.name.title = shown;
    const figure = outputs.kind === "similarity" ? signed(score, 3) : plain(score, decimalsFor(largest));
    say(row.number, probability === null ? figure : percent(probability));
    row.bar.style.setProperty("--p", String(part));
    const place = current.indexOf(id as never);
    row.el.dataset.role = place === 0 ? "explained" : place === 1 ? "contrast" : "";
    if (!clickable) return;
    for (const button of [row.main as HTMLButtonElement, row.versus]) button.disabled = dead !== null;
    set(row.main, { "aria-pressed": String(place >= 0), title: dead ?? t("scores.hint") });
    const other = t(place === 1 ? "contrast.drop" : "contrast.with", { label: shown });
    set(row.versus, {
      hidden: place === 0 || !current.length,
      "aria-pressed": String(place === 1),
      "aria-label": other,
      title: dead ?? other,
    });
  }

  function update(facts: Parameters<Scores["update"]>[0]): void {
    latest = facts;
    const { outputs, targets, live, alive } = facts;
    el.hidden = !outputs?.ids.length && !outputs?.scores.length;
    if (!outputs) return;
    current = targets;
    const clickable = live && outputs.kind !== "similarity" && outputs.ids.length > 1;
    const indices = order({ outputs, targets });
    const next = `${clickable} ${indices.length}`;
    // Rows are kept from one input to the next, so that focus stays where it was.
    if (next !== shape) {
      shape = next;
      rows = indices.map(() => rowOf(clickable));
      list.replaceChildren(...rows.map((row) => row.el));
    }
    say(caption, t(`scores.${outputs.kind}`));
    el.dataset.kind = outputs.kind;
    list.dataset.signed = String(
      outputs.kind === "similarity" || outputs.scores.some((s) => s < 0 && !outputs.probabilities),
    );
    const dead = alive ? null : t("restarted");
    for (const [at, i] of indices.entries()) fill(rows[at] as Row, i, outputs, clickable, dead);
    const foldable = outputs.kind === "class" && outputs.ids.length > FEW;
    more.hidden = !foldable;
    say(more, all ? t("show.fewer") : t("show.all", { n: outputs.ids.length }));
  }
  return { el, update };
}
