import { regionAt } from "./heat";
import { canvasOf, pixels } from "./paint";
import type { Image, Place } from "./parts";
import type { Cover, Picture, Regions } from "./wire";

/** What is hidden, pixel by pixel of what the model sees, row by row: 1 where it is. */
export interface Mask {
  height: number;
  width: number;
  bits: Uint8Array;
}

/** Pixels a side at most: what is painted by hand is no finer. */
const FINEST = 224;
/** A picture that only shows what is gone is at most so large, unless the model sees more. */
const SHOWN = 896;

type Spot = Pick<Place, "x" | "y">;

/** Nothing is hidden. */
export function maskOf([height, width]: [number, number]): Mask {
  const part = Math.min(1, FINEST / Math.max(height, width));
  const [high, wide] = [Math.max(1, Math.round(height * part)), Math.max(1, Math.round(width * part))];
  return { height: high, width: wide, bits: new Uint8Array(high * wide) };
}

/**
 * Hide, or show again, what a round brush goes over on its straight way; places and `wide` in the picture's pixels.
 * Returns whether that changed anything.
 */
export function brushed(
  { height, width, bits }: Mask,
  { box }: Picture,
  from: Spot,
  to: Spot,
  wide: number,
  hides: boolean,
): boolean {
  const [left, top, right, bottom] = box;
  const [across, down] = [(right - left) / width, (bottom - top) / height];
  // However fine the brush is, it touches the pixel that it is on.
  const r = Math.max(wide, Math.hypot(across, down)) / 2;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const long = dx * dx + dy * dy;
  const ends = (one: number, other: number, start: number, size: number, count: number) => [
    Math.max(0, Math.floor((Math.min(one, other) - r - start) / size)),
    Math.min(count - 1, Math.floor((Math.max(one, other) + r - start) / size)),
  ];
  const [firstRow = 0, lastRow = 0] = ends(from.y, to.y, top, down, height);
  const [first = 0, last = 0] = ends(from.x, to.x, left, across, width);
  let changed = false;
  for (let row = firstRow; row <= lastRow; row++)
    for (let column = first; column <= last; column++) {
      const x = left + (column + 0.5) * across - from.x;
      const y = top + (row + 0.5) * down - from.y;
      const part = long && Math.max(0, Math.min(1, (x * dx + y * dy) / long));
      const i = row * width + column;
      if (bits[i] === Number(hides) || (x - part * dx) ** 2 + (y - part * dy) ** 2 > r * r) continue;
      bits[i] = Number(hides);
      changed = true;
    }
  return changed;
}

/** The pixels of some regions. */
function pixelsOf(
  { height, width }: Mask,
  regions: Regions,
  seen: [number, number],
  wanted: (region: number) => boolean,
): number[] {
  const pixels: number[] = [];
  for (let i = 0; i < height * width; i++) {
    const [y, x] = [Math.floor(i / width) + 0.5, (i % width) + 0.5];
    if (wanted(regionAt(regions, seen, (y * seen[0]) / height, (x * seen[1]) / width))) pixels.push(i);
  }
  return pixels;
}

/** Hide a whole region, or show it again where more than half of it is hidden. */
export function toggled(mask: Mask, regions: Regions, seen: [number, number], region: number): void {
  const pixels = pixelsOf(mask, regions, seen, (one) => one === region);
  const hidden = pixels.filter((i) => mask.bits[i]).length;
  for (const i of pixels) mask.bits[i] = Number(2 * hidden <= pixels.length);
}

/** Some regions are hidden. */
export function maskOfRegions(regions: Regions, seen: [number, number], gone: readonly number[]): Mask {
  const mask = maskOf(seen);
  const all = new Set(gone);
  for (const i of pixelsOf(mask, regions, seen, (one) => all.has(one))) mask.bits[i] = 1;
  return mask;
}

/** The same as it goes to the kernel. */
export function coverOf({ height, width, bits }: Mask): Cover {
  const runs: number[] = [];
  let [value, from] = [0, 0];
  for (let i = 0; i <= bits.length; i++) {
    if (i < bits.length && bits[i] === value) continue;
    runs.push(i - from);
    [value, from] = [1 - value, i];
  }
  return { height, width, runs };
}

/** How much of it is hidden, 0 … 1. */
export const shareOf = ({ bits }: Mask): number =>
  bits.reduce((sum, bit) => sum + bit, 0) / (bits.length || 1);

/** Red, green and blue bytes as a picture; null where this browser cannot. */
export const imageOf = (bytes: Uint8Array, height: number, width: number): Image | null =>
  pixels(width, height, (data, at, i) => {
    data.set(bytes.subarray(3 * i, 3 * i + 3), at);
    data[at + 3] = 255;
  });

/** The box's part of a picture, with what is hidden of it as `absent` has it. */
export function without(
  { box, seen }: Picture,
  bitmap: ImageBitmap,
  absent: ImageBitmap,
  mask: Mask,
): Image | null {
  const [left, top, right, bottom] = box;
  const longest = Math.max(...seen, Math.min(SHOWN, Math.max(right - left, bottom - top)));
  const [height = 0, width = 0] = seen.map((side) => Math.round((side * longest) / Math.max(...seen)));
  const veil = pixels(mask.width, mask.height, (data, at, i) => {
    data[at + 3] = 255 * (mask.bits[i] as number);
  });
  return canvasOf(width, height, (pen) => {
    pen.imageSmoothingEnabled = false;
    if (veil) pen.drawImage(veil, 0, 0, width, height);
    pen.imageSmoothingEnabled = true;
    pen.globalCompositeOperation = "source-in";
    pen.drawImage(absent, 0, 0, width, height);
    pen.globalCompositeOperation = "destination-over";
    pen.drawImage(bitmap, left, top, right - left, bottom - top, 0, 0, width, height);
  });
}
