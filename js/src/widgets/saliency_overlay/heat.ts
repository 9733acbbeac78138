import { unpack } from "../../core/arrays";
import { missing } from "../../core/numbers";
import type { Heat } from "./parts";
import type { Estimate, Picture, Regions } from "./wire";

/** Smooth heat is at most so large, pixels a side. */
const FINEST = 256;
/** A map that is finer than this is blurred, a coarser one is interpolated between its cells. */
const CELLS = 20;
/** Its blur is so small a part of its longer side. */
const BLUR = 64;
/** How far one cell, or region, reaches into the next at most, as a share of its side. */
const SOFT = 0.35;
/** A cell becomes so many pixels at most; what lies on a screen is smoothed further as it is drawn. */
const TIMES = 16;
/** Of a fine map so many pixels may go beyond the scale: single ones would leave nothing to see of the others. */
const BEYOND = 0.005;

type Field = Pick<Heat, "width" | "height" | "values">;

const labels = new WeakMap<Regions, Uint16Array>();

function labelsOf(regions: Regions): Uint16Array {
  const known = labels.get(regions);
  if (known) return known;
  const all = regions.labels ? unpack(regions.labels, "uint16") : new Uint16Array();
  labels.set(regions, all);
  return all;
}

/** The region that a pixel of what the model sees (row y, column x) is in, −1 where there is none. */
export function regionAt(regions: Regions, seen: [number, number], y: number, x: number): number {
  const [height, width] = seen;
  if (!(y >= 0 && x >= 0 && y < height && x < width)) return -1;
  let region: number;
  if (regions.grid) {
    const [rows, columns] = regions.grid;
    region = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
  } else region = labelsOf(regions)[Math.floor(y) * width + Math.floor(x)] ?? -1;
  return region < regions.count ? region : -1;
}

/** Each region's place: 1 has the largest value, without signs the largest absolute one; equals share theirs, 0: not known. */
export function ranksOf(values: Float32Array, signed: boolean): Uint16Array {
  const strengths = signed ? values : values.map(Math.abs);
  const known = [...values.keys()].filter((i) => !missing(values[i] as number));
  known.sort((one, other) => (strengths[other] as number) - (strengths[one] as number));
  const ranks = new Uint16Array(values.length);
  known.forEach((i, place) => {
    const before = known[place - 1];
    const same = before !== undefined && strengths[before] === strengths[i];
    ranks[i] = same ? (ranks[before] as number) : place + 1;
  });
  return ranks;
}

function field(width: number, height: number, value: (x: number, y: number) => number): Field {
  const values = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i++) values[i] = value(x, y);
  return { width, height, values };
}

/** How many pixels stand for so many, when the longer side is at most `most`. */
function within(width: number, height: number, most: number): [width: number, height: number] {
  const part = Math.min(1, most / Math.max(width, height));
  return [Math.max(1, Math.round(width * part)), Math.max(1, Math.round(height * part))];
}

/** The mean of what is known under each of fewer pixels. */
function reduced({ width, height, values }: Field): Field {
  const [wide, high] = within(width, height, FINEST);
  if (wide === width && high === height) return { width, height, values };
  return field(wide, high, (x, y) => {
    let [sum, count] = [0, 0];
    const right = Math.max(Math.floor((x * width) / wide) + 1, Math.floor(((x + 1) * width) / wide));
    const bottom = Math.max(Math.floor((y * height) / high) + 1, Math.floor(((y + 1) * height) / high));
    for (let row = Math.floor((y * height) / high); row < bottom; row++)
      for (let column = Math.floor((x * width) / wide); column < right; column++) {
        const value = values[row * width + column] as number;
        if (missing(value)) continue;
        sum += value;
        count++;
      }
    return count ? sum / count : Number.NaN;
  });
}

/** Between the middles of cells: at 1 bilinear, at 0 each as it is, between a slope on both sides of the edge. */
function interpolated({ width, height, values }: Field, times: number, smoothing: number): Field {
  const between = (at: number, side: number): [from: number, to: number, part: number] => {
    const middle = (at + 0.5) / times - 0.5;
    const from = Math.floor(middle);
    const part = Math.max(0, Math.min(1, (middle - from - 0.5) / smoothing + 0.5));
    return [Math.max(0, from), Math.min(side - 1, from + 1), part];
  };
  const columns = Array.from({ length: width * times }, (_, x) => between(x, width));
  const rows = Array.from({ length: height * times }, (_, y) => between(y, height));
  let [sum, weight] = [0, 0];
  function add(i: number, part: number): void {
    const value = values[i] as number;
    if (missing(value)) return;
    sum += value * part;
    weight += part;
  }
  return field(width * times, height * times, (x, y) => {
    const [left, right, across] = columns[x] as [number, number, number];
    const [above, below, down] = rows[y] as [number, number, number];
    // What is not known stays so up to the edge of its cell, and what is next to it keeps its value.
    if (missing(values[(down < 0.5 ? above : below) * width + (across < 0.5 ? left : right)] as number))
      return Number.NaN;
    [sum, weight] = [0, 0];
    add(above * width + left, (1 - down) * (1 - across));
    add(above * width + right, (1 - down) * across);
    add(below * width + left, down * (1 - across));
    add(below * width + right, down * across);
    return sum / weight;
  });
}

/** One pass of a box with soft ends along lines of pixels that are `step` apart. */
function boxed(
  from: Float32Array,
  to: Float32Array,
  lines: number[],
  length: number,
  step: number,
  r: number,
  soft: number,
) {
  for (const start of lines) {
    const at = (k: number) => (k >= 0 && k < length ? (from[start + k * step] as number) : 0);
    let sum = 0;
    for (let k = 0; k < r; k++) sum += at(k);
    for (let k = 0; k < length; k++) {
      sum += at(k + r) - at(k - r - 1);
      to[start + k * step] = sum + soft * (at(k - r - 1) + at(k + r + 1));
    }
  }
}

/**
 * A Gaussian, from three boxes with soft ends each way (Gwosdek et al. 2011), over what is known; what is not known
 * stays so.
 */
function blurred({ width, height, values }: Field, sigma: number): Field {
  if (!(sigma > 0.1)) return { width, height, values };
  const variance = sigma ** 2 / 3;
  const r = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const soft = ((2 * r + 1) * (r * (r + 1) - 3 * variance)) / (6 * (variance - (r + 1) ** 2));
  const rows = Array.from({ length: height }, (_, y) => y * width);
  const columns = Array.from({ length: width }, (_, x) => x);
  const spread = (from: Float32Array) => {
    let one: Float32Array = from;
    let other: Float32Array = new Float32Array(from.length);
    for (const [lines, length, step] of [
      [rows, width, 1],
      [columns, height, width],
    ] as const)
      for (let pass = 0; pass < 3; pass++) {
        boxed(one, other, lines, length, step, r, soft);
        [one, other] = [other, one];
      }
    return one;
  };
  const sums = spread(values.map((value) => (missing(value) ? 0 : value)));
  const weights = spread(values.map((value) => Number(!missing(value))));
  return {
    width,
    height,
    values: values.map((value, i) => (missing(value) ? value : (sums[i] as number) / (weights[i] as number))),
  };
}

/** One value for each region, as a picture of at most so many pixels a side. */
function ofRegions(estimate: Estimate, regions: Regions, seen: [number, number], most: number): Field {
  const values = unpack(estimate.values, "float32");
  const [height, width] = seen;
  const [wide, high] = within(width, height, most);
  return field(wide, high, (x, y) => {
    const region = regionAt(regions, seen, ((y + 0.5) * height) / high, ((x + 0.5) * width) / wide);
    return values[region] ?? Number.NaN;
  });
}

function finest({ map, values }: Estimate, { grid }: Regions): Field | null {
  if (map) {
    const [height = 0, width = 0] = map.codes.shape;
    const codes = unpack(map.codes, "int32");
    return field(width, height, (x, y) => {
      const code = codes[y * width + x] as number;
      return code === -32768 ? Number.NaN : code * map.scale;
    });
  }
  return grid && { width: grid[1], height: grid[0], values: unpack(values, "float32") };
}

function smoothed(estimate: Estimate, regions: Regions, seen: [number, number], smoothing: number): Field {
  const given = finest(estimate, regions);
  if (!given) {
    const all = ofRegions(estimate, regions, seen, FINEST);
    const side = Math.sqrt((all.width * all.height) / Math.max(1, regions.count));
    return blurred(all, smoothing * SOFT * side);
  }
  const longest = Math.max(given.width, given.height);
  if (longest > CELLS) return blurred(reduced(given), (smoothing * Math.min(FINEST, longest)) / BLUR);
  const times = Math.min(TIMES, Math.floor(FINEST / longest));
  return blurred(interpolated(given, times, smoothing), smoothing * SOFT * times);
}

/** Where colours are full, with a share of what is not zero beyond it. */
function scaleOf(values: Float32Array, share: number): Pick<Heat, "max" | "beyond"> {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  if (!share) return { max: largest, beyond: false };
  const max = sizes.sort()[Math.floor(sizes.length * (1 - share))] ?? largest;
  return { max, beyond: max < largest };
}

/**
 * What a panel shows over the box: the method's own map where there is one, else the regions' values. `smoothing` 0
 * leaves cells and regions as they are, 1 has no edges.
 */
export function heatOf(estimate: Estimate, regions: Regions, picture: Picture, smoothing: number): Heat {
  const crisp = !(smoothing > 0);
  const { seen } = picture;
  const all = crisp
    ? (finest(estimate, regions) ?? ofRegions(estimate, regions, seen, 2 * FINEST))
    : smoothed(estimate, regions, seen, Math.min(1, smoothing));
  const fine = estimate.map && Math.max(...estimate.map.codes.shape) > CELLS;
  // What raises the score alone needs one half of a scale only, once nothing more can come.
  const settled = estimate.state !== "running" || estimate.error_kind === "exact";
  const signed = estimate.signed && (!settled || all.values.some((value) => value < 0));
  return { ...all, ...scaleOf(all.values, fine ? BEYOND : 0), signed, crisp };
}
