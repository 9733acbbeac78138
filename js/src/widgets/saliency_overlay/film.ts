import { MARKS, type Trust } from "../../core/badge";
import { button, h, labelled, offered, on, say, set } from "../../core/dom";
import { percent, plain } from "../../core/numbers";
import type { Speech, Word } from "../../core/words";
import { type Frame, type FrameFacts, filled } from "./wire";

const SORTS = ["order", "confidence", "badge"] as const;
type Sort = (typeof SORTS)[number];

const KINDS = ["better", "open", "none"];

export interface FilmFacts {
  frames: Frame[];
  film: FrameFacts[];
  current: number;
  why: string | null;
}

export interface Film {
  el: HTMLElement;
  update(facts: FilmFacts): void;
}

/** The pictures in the order in which they are shown, by their numbers. */
export function sorted(count: number, film: readonly FrameFacts[], sort: Sort): number[] {
  const kind = (i: number) => (KINDS.indexOf(filled<Trust>(film[i]?.trust)?.kind ?? "") + 4) % 4;
  const weight = (i: number) => (sort === "order" ? 0 : -(film[i]?.score ?? -1));
  const group = (i: number) => (sort === "badge" ? kind(i) : 0);
  const all = Array.from({ length: count }, (_, i) => i);
  return all.sort((one, other) => group(one) - group(other) || weight(one) - weight(other) || one - other);
}

/** A strip of pictures: what the model says of each, and how far it is. */
export function film(options: { t: Speech; go(index: number): void; signal: AbortSignal }): Film {
  const { t, go, signal } = options;
  const sorts = SORTS.map((value) => [value, t(`saliency.film.${value}`)] as const);
  const select = h("select", "select", ...offered(sorts));
  const count = h("span", "caption number");
  const strip = h("div", { class: "xai-frames", role: "group", "aria-label": t("saliency.film") });
  const el = h(
    "div",
    "film",
    h("div", "film-head", count, labelled("method", t("saliency.film.sort"), select)),
    strip,
  );
  let known: Frame[] = [];
  let faces: ReturnType<typeof faceOf>[] = [];
  let addresses: string[] = [];
  let latest: FilmFacts | null = null;
  const release = () => {
    for (const one of addresses) URL.revokeObjectURL(one);
  };
  signal.addEventListener("abort", release);
  on(select, "change", () => latest && update(latest), signal);

  function faceOf({ name, mime, data }: Frame, i: number) {
    const label = h("span", { class: "xai-frame-label", dir: "auto" });
    const score = h("span", "number");
    const mark = h("span", { class: "xai-mark", "aria-hidden": "true" });
    const image = h("img", { alt: "", draggable: "false" });
    if (mime) {
      image.src = URL.createObjectURL(new Blob([data], { type: mime }));
      addresses.push(image.src);
    }
    const face = button("frame", image, mark, label, score);
    on(face, "click", () => go(i), signal);
    return { face, label, score, mark, name };
  }

  function fill(face: ReturnType<typeof faceOf>, facts: FrameFacts | undefined, shown: boolean): void {
    const { state = "waiting", label = "", score = null, fault = null } = facts ?? {};
    const trust = filled<Trust>(facts?.trust);
    const likely = score === null ? "" : score >= 0 && score <= 1 ? percent(score) : plain(score, 2);
    say(face.label, fault ? t("state.failed") : label || face.name);
    say(face.score, likely);
    say(face.mark, fault ? "!" : trust ? MARKS[trust.kind] : "");
    const now = t((state === "waiting" ? "saliency.waiting" : `state.${state}`) as Word);
    const words = [face.name, label, likely, trust?.label[t.language] ?? "", fault ?? now].filter(Boolean);
    set(face.face, {
      "data-state": state,
      "data-kind": fault ? "none" : (trust?.kind ?? null),
      "aria-pressed": String(shown),
      "aria-label": words.join(", "),
      title: words.join(" · "),
    });
  }

  function update(facts: FilmFacts): void {
    latest = facts;
    const { frames, film: told, current, why } = facts;
    el.hidden = frames.length < 2;
    if (el.hidden) return;
    if (frames !== known) {
      known = frames;
      release();
      addresses = [];
      faces = frames.map(faceOf);
    }
    const order = sorted(frames.length, told, select.value as Sort);
    order.forEach((i, place) => {
      const one = faces[i] as (typeof faces)[number];
      if (strip.children[place] !== one.face) strip.insertBefore(one.face, strip.children[place] ?? null);
      fill(one, told[i], i === current);
      one.face.disabled = why !== null;
    });
    while (strip.children.length > frames.length) strip.lastChild?.remove();
    const done = told.filter(({ state }) => state === "done" || state === "failed").length;
    say(count, t("saliency.film.count", { n: done, count: frames.length }));
  }
  return { el, update };
}
