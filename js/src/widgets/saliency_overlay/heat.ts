import { unpack } from "../../core/arrays";
import { missing } from "../../core/numbers";
import type { Heat } from "./parts";
import type { Estimate, Picture, Regions } from "./wire";

const labelsOf = (regions: Regions): Uint16Array | null => regions.labels && unpack(regions.labels, "uint16");

/** The region that a pixel of what the model sees (row y, column x) is in, −1 where there is none. */
export function regionAt(regions: Regions, seen: [number, number], y: number, x: number): number {
  const [height, width] = seen;
  if (!(y >= 0 && x >= 0 && y < height && x < width)) return -1;
  let region = -1;
  if (regions.grid) {
    const [rows, columns] = regions.grid;
    region = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
  } else region = labelsOf(regions)?.[Math.floor(y) * width + Math.floor(x)] ?? -1;
  return region < regions.count ? region : -1;
}

/** Each region's place: 1 has the largest value, or the largest absolute one without signs; equals share theirs. */
export function ranksOf(values: Float32Array, signed: boolean): Uint16Array {
  const strength = (i: number) => (signed ? (values[i] as number) : Math.abs(values[i] as number));
  const known = [...values.keys()].filter((i) => !missing(values[i] as number));
  known.sort((one, other) => strength(other) - strength(one));
  const ranks = new Uint16Array(values.length);
  known.forEach((i, place) => {
    const before = known[place - 1];
    ranks[i] =
      before !== undefined && strength(before) === strength(i) ? (ranks[before] as number) : place + 1;
  });
  return ranks;
}

/** What a panel shows over the box; `smoothing` 0 … 1. */
export function heatOf(estimate: Estimate, regions: Regions, picture: Picture, smoothing: number): Heat {
  const values = unpack(estimate.values, "float32");
  const [height, width] = picture.seen;
  const all = new Float32Array(width * height);
  let max = 0;
  for (let i = 0; i < all.length; i++) {
    const value = values[regionAt(regions, picture.seen, Math.floor(i / width), i % width)] ?? Number.NaN;
    all[i] = value;
    if (Math.abs(value) > max) max = Math.abs(value);
  }
  return { width, height, values: all, max, signed: estimate.signed, crisp: smoothing === 0 };
}
