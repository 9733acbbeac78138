import { button, h, on, say, set } from "../../core/dom";
import { decimalsFor, plain } from "../../core/numbers";
import { visible } from "../../core/visible";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import { DISTINCT } from "./palette";

export interface Legend {
  el: HTMLElement;
  update(facts: { dark: boolean; hidden: readonly number[]; title: string }): void;
}

/** The number of points that belong to no category. */
export const UNKNOWN = -1;

/** What the colours mean. A click on a category hides it, with Shift it alone stays. */
export function legend(options: {
  t: Speech;
  state: Known;
  hide(categories: number[]): void;
  signal: AbortSignal;
}): Legend {
  const { t, state, hide, signal } = options;
  const title = h("span", "caption");
  const all = button("link", t("scatter.all"));
  const note = h("span", "caption");
  const keys = h("div", { class: "xai-keys", role: "group" });
  const bar = h("div", { class: "xai-scale-bar", "aria-hidden": "true" });
  const ticks = h("div", "scale-ticks number");
  const missing = h("span", "swatch swatch-still");
  const scale = h("div", "ramp", h("div", "scale", bar, ticks), missing);
  const el = h("div", "colours", h("div", "colours-head", title, note, all), keys, scale);
  let hidden: readonly number[] = [];
  let built: unknown = null;

  on(all, "click", () => hide([]), signal);
  on(
    keys,
    "click",
    (event) => {
      const face = (event.target as Element).closest("button");
      if (!face) return;
      const one = Number(face.dataset.category);
      if (!event.shiftKey) {
        hide(hidden.includes(one) ? hidden.filter((other) => other !== one) : [...hidden, one]);
        return;
      }
      const others = faces()
        .map((other) => Number(other.dataset.category))
        .filter((other) => other !== one);
      // Alone already: all come back.
      const alone = !hidden.includes(one) && others.every((other) => hidden.includes(other));
      hide(alone ? [] : others);
    },
    signal,
  );
  const faces = () => [...keys.querySelectorAll("button")];

  const named = (name: string, count: number) => [
    h("span", "dot"),
    h("span", { class: "xai-swatch-name", dir: "auto" }, name),
    h("span", "swatch-count number", count.toLocaleString(t.language)),
  ];

  function buildKeys(labels: string[], counts: Uint32Array): void {
    const key = (category: number, name: string, count: number) => {
      const face = button("swatch", ...named(name, count));
      face.dataset.category = String(category);
      face.title = t("scatter.key.title", { name });
      return face;
    };
    const none = counts[labels.length] ?? 0;
    keys.replaceChildren(
      ...labels.map((label, i) => key(i, visible(label), counts[i] ?? 0)),
      ...(none ? [key(UNKNOWN, t("scatter.unknown"), none)] : []),
    );
  }

  function numbers(dark: boolean): void {
    const colours = state.colours();
    if (!colours) return;
    const { low, high } = colours;
    const stops = state.stops(dark);
    const some = Array.from({ length: 17 }, (_, i) => stops[Math.round((i / 16) * (stops.length - 1))]);
    bar.style.background = `linear-gradient(90deg, ${some.join(", ")})`;
    const decimals = decimalsFor(Math.max(Math.abs(low), Math.abs(high)));
    const flat = low === high;
    while (ticks.children.length < 3) ticks.append(h("span"));
    [low, (low + high) / 2, high].forEach((value, i) => {
      say(ticks.children[i] as HTMLElement, flat && i !== 1 ? "" : plain(value, decimals));
    });
    let none = 0;
    for (const code of state.codes() ?? []) if (code === state.unknown()) none += 1;
    missing.hidden = !none;
    missing.replaceChildren(...named(t("scatter.unknown"), none));
  }

  return {
    el,
    update(facts) {
      const colours = state.colours();
      const kind = colours?.kind ?? "none";
      el.hidden = kind === "none" || !state.points?.count;
      if (el.hidden) return;
      hidden = facts.hidden;
      say(title, facts.title);
      set(keys, { "aria-label": facts.title });
      keys.hidden = kind !== "category";
      scale.hidden = kind !== "number";
      const labels = colours?.labels ?? [];
      if (built !== colours) {
        built = colours;
        if (kind === "category") buildKeys(labels, state.counts());
      }
      if (kind === "number") numbers(facts.dark);
      missing.style.setProperty("--dot", state.css(UNKNOWN, facts.dark));
      for (const face of keys.hidden ? [] : faces()) {
        const category = Number(face.dataset.category);
        face.style.setProperty("--dot", state.css(category, facts.dark));
        set(face, { "aria-pressed": String(!hidden.includes(category)) });
      }
      say(
        note,
        !keys.hidden && labels.length > DISTINCT
          ? t("scatter.alike", { n: DISTINCT, count: labels.length })
          : "",
      );
      all.hidden = keys.hidden || !hidden.length;
    },
  };
}
