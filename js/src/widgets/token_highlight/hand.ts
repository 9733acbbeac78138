import { type Bus, joinBus } from "../../core/bus";
import type { Flow, Sheet } from "../../core/flow";
import type { Life } from "../../core/life";
import type { Tooltip } from "../../core/tooltip";
import { featuresOf, type Unit } from "../../core/units";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import { tipOf } from "./tip";
import type { Model } from "./wire";

export interface HandOptions {
  t: Speech;
  model: Model;
  life: Life;
  state: Known;
  tip: Tooltip;
  flow(): Flow;
  sheet(): Sheet;
  focus(unit: Unit): void;
  /** The marks on the words have changed. */
  marked(): void;
  signal: AbortSignal;
}

/** What a hand does to words: point at one, choose some, split and merge, ask for another step. */
export interface Hand {
  split: Set<Unit>;
  isOn(unit: Unit): boolean;
  isChosen(unit: Unit): boolean;
  point(unit: Unit | null, element: HTMLElement | null): void;
  press(unit: Unit, event: MouseEvent | null): void;
  choose(unit: Unit): void;
  /** Another text is shown. */
  renamed(): void;
  /** Everything that can have keyboard focus, in reading order. */
  stops(specials: boolean): Unit[];
}

export function hand(options: HandOptions): Hand {
  const { t, model, life, state, tip, flow, sheet, focus, marked, signal } = options;
  const split = new Set<Unit>();
  const owners = new Map<Unit, Unit>();
  let hovered = new Set<number>();

  const features = (unit: Unit) => (state.input ? featuresOf(state.input, unit) : []);
  function mark(indices: number[]): void {
    hovered = new Set(indices);
    marked();
  }
  const bus: Bus = joinBus({
    group: () => model.get("group"),
    nameOf: state.nameOf,
    hear(kind, indices) {
      if (kind === "hover") mark(indices);
      else life.write({ selected: indices });
    },
    signal,
  });

  function choose(unit: Unit): void {
    const own = features(unit);
    const next = new Set(model.get("selected"));
    const on = own.some((feature) => next.has(feature));
    for (const feature of own) on ? next.delete(feature) : next.add(feature);
    const indices = [...next].sort((a, b) => a - b);
    life.write({ selected: indices });
    bus.select(indices);
  }

  function toggle(unit: Unit): void {
    const owner = owners.get(unit) ?? unit;
    const pieces = sheet().pieces(owner);
    if (pieces.length < 2) return;
    if (!split.delete(owner)) split.add(owner);
    for (const piece of pieces) owners.set(piece, owner);
    tip.hide();
    flow().redraw(owner);
    focus(split.has(owner) ? (pieces[0] as Unit) : owner);
  }

  return {
    split,
    choose,
    renamed: bus.renamed,
    isOn: (unit) => features(unit).some((feature) => hovered.has(feature)),
    isChosen: (unit) => features(unit).some((feature) => state.selected.has(feature)),
    point(unit, element) {
      const known = element && unit && state.shown;
      const words = known && tipOf(t, known.picture, unit, state.estimate?.error_kind ?? "unknown");
      if (words) tip.show(words, element);
      else tip.hide();
      const indices = unit ? features(unit) : [];
      if (indices.length === hovered.size && indices.every((index) => hovered.has(index))) return;
      mark(indices);
      bus.hover(indices);
    },
    press(unit, event) {
      // A drag that selected text ends in a click as well.
      if (event && getSelection()?.isCollapsed === false) return;
      if (event?.ctrlKey || event?.metaKey) choose(unit);
      else if (!unit.generated || !model.get("live")) toggle(unit);
      else if (life.alive()) life.write({ step: (unit.tokens[0] as number) - (state.input?.prompt ?? 0) });
    },
    stops(specials) {
      const now = sheet();
      return now.units
        .filter((unit) => specials || !unit.special || !unit.tag || unit.generated)
        .flatMap((unit) => (split.has(unit) ? now.pieces(unit) : [unit]));
    },
  };
}
