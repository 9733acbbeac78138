import { missing } from "../../core/numbers";
import { heatOf } from "./heat";
import type { Heat, Shown } from "./parts";
import { standings } from "./ranks";
import type { Estimate, Picture, Regions } from "./wire";

/** Spearman's rank correlation over the regions that both know; NaN where one of them ranks nothing. */
export function spearman(one: Shown, other: Shown): number {
  const both = [...one.values.keys()].filter(
    (i) => !missing(one.values[i] as number) && !missing(other.values[i] as number),
  );
  const ranked = ({ values, estimate }: Shown) =>
    standings(
      Float32Array.from(both, (i) => values[i] as number),
      estimate.signed,
    );
  const [left, right] = [ranked(one), ranked(other)];
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < both.length; i++) {
    // Ranks of all have their mean in the middle, however many share theirs.
    const [a, b] = [(left[i] as number) - 0.5, (right[i] as number) - 0.5];
    product += a * b;
    first += a * a;
    second += b * b;
  }
  return product / Math.sqrt(first * second);
}

/** How far apart the panels put each region, as a share of the whole ranking; NaN where not all know it. */
export function spread(panels: readonly Shown[]): Float32Array {
  const all = panels.map(({ values, estimate }) => standings(values, estimate.signed));
  return Float32Array.from(panels[0]?.values ?? [], (_, i) => {
    const places = all.map((one) => one[i] as number);
    return Math.max(...places) - Math.min(...places);
  });
}

/** The same as heat. */
export function spreadHeat(
  values: Float32Array,
  regions: Regions,
  picture: Picture,
  smoothing: number,
): Heat {
  const packed = { dtype: "float32", shape: [values.length], data: values.buffer as ArrayBuffer } as const;
  return heatOf(
    { values: packed, map: null, signed: false } as unknown as Estimate,
    regions,
    picture,
    smoothing,
  );
}
