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

/**
 * How much of each cell is in each pixel along one axis, [pixels, cells], when a cell becomes `times` pixels. Between the
 * middles of cells it goes over from one to the next, at smoothing 1 all the way, at 0 not at all; then it is blurred.
 */
function shares(cells: number, times: number, smoothing: number): Float32Array {
  const pixels = cells * times;
  const all = new Float32Array(pixels * cells);
  for (let at = 0; at < pixels; at++) {
    const middle = (at + 0.5) / times - 0.5;
    const from = Math.floor(middle);
    const part = Math.max(0, Math.min(1, (middle - from - 0.5) / smoothing + 0.5));
    for (const [cell, share] of [
      [Math.max(0, from), 1 - part],
      [Math.min(cells - 1, from + 1), part],
    ] as const)
      all[at * cells + cell] = (all[at * cells + cell] as number) + share;
  }
  blur(all, { length: pixels, step: cells, lines: cells, apart: 1 }, smoothing * SOFT * times);
  return all;
}

/** Cells become squares of `times` pixels with soft edges. What is not known stays so up to the edge of its cell. */
function enlarged({ width, height, values }: Field, times: number, smoothing: number): Field {
  const across = shares(width, times, smoothing);
  const down = width === height ? across : shares(height, times, smoothing);
  const [wide, high] = [width * times, height * times];
  const known = Float32Array.from(values, (value) => Number(!missing(value)));
  const numbers = values.map((value) => (missing(value) ? 0 : value));
  const [sums, weights] = [new Float32Array(width), new Float32Array(width)];
  const pixels = new Float32Array(wide * high);
  for (let y = 0; y < high; y++) {
    sums.fill(0);
    weights.fill(0);
    for (let row = 0; row < height; row++) {
      const share = down[y * height + row] as number;
      if (!share) continue;
      for (let column = 0, i = row * width; column < width; column++, i++) {
        sums[column] = (sums[column] as number) + share * (numbers[i] as number);
        weights[column] = (weights[column] as number) + share * (known[i] as number);
      }
    }
    const row = Math.floor(y / times) * width;
    for (let x = 0; x < wide; x++) {
      let [sum, weight] = [0, 0];
      for (let column = 0, i = x * width; column < width; column++, i++) {
        sum += (across[i] as number) * (sums[column] as number);
        weight += (across[i] as number) * (weights[column] as number);
      }
      pixels[y * wide + x] = known[row + Math.floor(x / times)] ? sum / weight : Number.NaN;
    }
  }
  return { width: wide, height: high, values: pixels };
}

/** Lines of pixels: `length` of them `step` apart, and so many such lines whose first ones are `apart`. */
interface Lines {
  length: number;
  step: number;
  lines: number;
  apart: number;
}

/** A Gaussian along lines, in place: three boxes with soft ends (Gwosdek et al. 2011). Beyond the ends there is nothing. */
function blur(pixels: Float32Array, { length, step, lines, apart }: Lines, sigma: number): void {
  const variance = sigma ** 2 / 3;
  const r = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const soft = ((2 * r + 1) * (r * (r + 1) - 3 * variance)) / (6 * (variance - (r + 1) ** 2));
  const room = r + 1;
  const line = new Float32Array(length + 2 * room);
  for (let start = 0; start < lines * apart; start += apart)
    for (let pass = 0; pass < 3; pass++) {
      for (let k = 0, i = start; k < length; k++, i += step) line[k + room] = pixels[i] as number;
      let sum = 0;
      for (let k = room; k < 2 * room - 1; k++) sum += line[k] as number;
      for (let k = 0, i = start; k < length; k++, i += step) {
        const [before, after] = [line[k] as number, line[k + 2 * room] as number];
        sum += (line[k + 2 * room - 1] as number) - before;
        pixels[i] = sum + soft * (before + after);
      }
    }
}

/** A Gaussian over what is known; what is not known stays so. */
function blurred({ width, height, values }: Field, sigma: number): Field {
  if (!(sigma > 0.1)) return { width, height, values };
  const spread = (pixels: Float32Array) => {
    blur(pixels, { length: width, step: 1, lines: height, apart: width }, sigma);
    blur(pixels, { length: height, step: width, lines: width, apart: 1 }, sigma);
    return pixels;
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
  return enlarged(given, times, smoothing);
}

/** Where colours are full, with a share of what is not zero beyond it. */
function scaleOf(values: Float32Array, share: number): Pick<Heat, "max" | "beyond"> {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  if (!share) return { max: largest, beyond: false };
  const sizes = values.map(Math.abs).filter((size) => size > 0);
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
