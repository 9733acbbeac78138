import { joinBus } from "../../core/bus";
import type { Known } from "./known";
import type { Texts } from "./texts";
import type { Model } from "./wire";

export interface Links {
  /** Points that are pointed at in linked widgets. */
  pointed(): readonly number[];
  hover(point: number): void;
  select(points: Uint32Array): void;
  /** Other points are shown. */
  renamed(): void;
}

/** Which points are looked at and selected in linked widgets. */
export function links(options: {
  model: Model;
  state: Known;
  texts: Texts;
  /** Selected elsewhere. */
  select(points: Uint32Array): void;
  marked(): void;
  signal: AbortSignal;
}): Links {
  const { model, state, texts, select, marked, signal } = options;
  let pointed: readonly number[] = [];
  let last = -1;

  /** By its text, where all are known; else a point is one of so many. */
  function nameOf(point: number): string | undefined {
    const count = state.points?.count ?? 0;
    if (!(point >= 0 && point < count)) return undefined;
    return texts.all()?.[point] ?? `${point} of ${count}`;
  }
  const bus = joinBus({
    group: () => model.get("group"),
    axis: "point",
    nameOf,
    hear(kind, indices) {
      if (kind === "select") {
        select(Uint32Array.from(indices).sort());
        return;
      }
      last = -1;
      if (!indices.length && !pointed.length) return;
      pointed = indices;
      marked();
    },
    signal,
  });

  return {
    pointed: () => pointed,
    hover(point) {
      if (point === last) return;
      last = point;
      pointed = [];
      bus.hover(point < 0 ? [] : [point]);
    },
    select: (points) => {
      if (model.get("group")) bus.select(Array.from(points));
    },
    renamed: bus.renamed,
  };
}
