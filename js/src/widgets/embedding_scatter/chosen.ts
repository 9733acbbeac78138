import { h, say } from "../../core/dom";
import { decimalsFor, plain } from "../../core/numbers";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import { listed } from "./listed";
import type { Pictures } from "./pictures";
import type { Texts } from "./texts";
import { shortened, type Told } from "./told";
import { CROSS, tool } from "./tool";

export interface Chosen {
  el: HTMLElement;
  update(facts: { point: number | null; why: string | null }): void;
}

/** A title is shorter than a tip. */
const LONG = 160;

/** The chosen point and what is truly near to it; and what was dropped in. */
export function chosen(options: {
  t: Speech;
  state: Known;
  texts: Texts;
  pictures: Pictures;
  words: Told;
  go(point: number): void;
  point(point: number | null): void;
  close(what: "point" | "drop"): void;
  signal: AbortSignal;
}): Chosen {
  const { t, state, texts, pictures, words, go, point, close, signal } = options;
  const part = (label: string) => {
    const list = listed({ label, go, point, signal });
    return { list, el: h("div", "near", h("div", "caption", label), list.el) };
  };
  const section = (what: "point" | "drop", ...parts: HTMLElement[]) => {
    const name = h("strong", { class: "xai-side-name", dir: "auto" });
    const off = tool(t("scatter.close"), CROSS, () => close(what), signal);
    const facts = h("div", "caption");
    const el = h("section", "side-part", h("div", "side-head", name, off), facts, ...parts);
    return { el, name, facts, off };
  };
  const truth = part(t("scatter.true"));
  const lies = part(t("scatter.false"));
  const waiting = h("div", "caption");
  const face = h("div", "side-picture");
  const one = section("point", face, waiting, truth.el, lies.el);
  const about = part(t("scatter.dropped.near"));
  const drop = section("drop", about.el);
  const el = h("div", "side", one.el, drop.el);

  const items = (points: number[], distances: number[] | null, odd = false) => {
    const decimals = decimalsFor(Math.max(0, ...(distances ?? [])));
    return points.map((at, i) => ({
      ...{ point: at, name: shortened(words.name(at), LONG), odd },
      value: distances ? plain(distances[i] ?? Number.NaN, decimals) : words.value(at),
    }));
  };

  return {
    el,
    update({ point: chosen, why }) {
      const near = state.near();
      const dropped = state.dropped();
      one.el.hidden = chosen === null || chosen >= (state.points?.count ?? 0);
      drop.el.hidden = !dropped;
      el.hidden = one.el.hidden && drop.el.hidden;
      if (chosen !== null && !one.el.hidden) {
        texts.want([chosen, ...(near?.true ?? []), ...(near?.false ?? [])]);
        pictures.want(chosen);
        const shown = pictures.of(chosen);
        if (face.firstChild !== shown) face.replaceChildren(...(shown ? [shown] : []));
        say(one.name, shortened(words.name(chosen), LONG));
        const number = texts.of(chosen) ? t("scatter.point", { n: chosen }) : "";
        say(one.facts, [number, words.colour(chosen)].filter(Boolean).join(" · "));
        one.facts.hidden = !one.facts.textContent;
        say(waiting, near ? "" : (why ?? t("scatter.waiting")));
        waiting.hidden = Boolean(near);
        truth.el.hidden = !near;
        truth.list.update(near ? items(near.true, near.distances) : []);
        const wrong = near && near.run === state.cloud?.run ? near.false : [];
        lies.el.hidden = !wrong.length;
        lies.list.update(items(wrong, null, true));
      }
      if (dropped) {
        drop.off.hidden = why !== null;
        texts.want(dropped.near);
        say(drop.name, shortened(dropped.text, LONG));
        say(drop.facts, t("scatter.dropped"));
        about.list.update(items(dropped.near, dropped.distances));
      }
    },
  };
}
