import { joinBus } from "../../core/bus";
import type { Life } from "../../core/life";
import type { Known } from "./known";
import type { Model } from "./wire";

export interface Links {
  /** Regions that are pointed at, here or in a linked widget. */
  hovered(): readonly number[];
  hover(regions: readonly number[]): void;
  /** Choose a region, or no longer. */
  toggle(region: number): void;
  clear(): void;
  /** Other regions are shown. */
  renamed(): void;
}

const NONE: readonly number[] = [];

/** Which regions are pointed at and chosen, here and in linked widgets. */
export function links(options: {
  model: Model;
  life: Life;
  state: Known;
  marked(): void;
  signal: AbortSignal;
}): Links {
  const { model, life, state, marked, signal } = options;
  const nameOf = (region: number) => state.regions?.names[region];
  let hovered = NONE;
  const bus = joinBus({
    group: () => model.get("group"),
    nameOf,
    hear(kind, indices) {
      if (kind === "select") life.write({ selected: indices });
      else mark(indices);
    },
    signal,
  });

  function mark(regions: readonly number[]): boolean {
    if (String(regions) === String(hovered)) return false;
    hovered = regions;
    marked();
    return true;
  }
  function select(regions: number[]): void {
    life.write({ selected: regions });
    bus.select(regions);
  }

  return {
    hovered: () => hovered,
    hover: (regions) => {
      if (mark(regions)) bus.hover([...regions]);
    },
    toggle(region) {
      const now = model.get("selected");
      const kept = now.filter((one) => one !== region);
      select(kept.length < now.length ? kept : [...now, region].sort((a, b) => a - b));
    },
    clear() {
      if (model.get("selected").length) select([]);
    },
    renamed: bus.renamed,
  };
}
