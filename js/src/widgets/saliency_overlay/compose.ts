import { missing } from "../../core/numbers";
import type { Rgb } from "../../core/theme";
import type { Heat, Look } from "./parts";
import { COLORMAPS, ramp } from "./ramps";

/** A colour map's paler end is never shown: what is weak is clear instead, and shows the picture. */
const PALEST = { diverging: 0.4, sequential: 0.2 };
/** Contours and masks begin here at least: at 0 everything would be inside. */
const LEAST = 0.1;
/** A smooth edge of a mask is so wide, as a share of the largest value. */
const EDGE = 0.03;
/** What a mask covers becomes nearly black. */
const VEIL: Rgb = [18, 18, 18];
/** Covered and seen, as a mask's bar shows them. */
const [COVERED, SEEN]: [Rgb, Rgb] = [
  [70, 70, 70],
  [225, 225, 225],
];

/** The share of the largest value from which on something is shown. */
export const edgeOf = ({ view, threshold }: Look): number =>
  view === "blend" ? threshold : Math.max(LEAST, threshold);

/** The values at the two ends of a bar that shows how heat looks. */
export function endsOf(
  { max, signed }: Pick<Heat, "max" | "signed">,
  { sign }: Pick<Look, "sign">,
): [low: number, high: number] {
  if (!signed || sign === "absolute" || sign === "positive") return [0, max];
  return sign === "negative" ? [-max, 0] : [-max, max];
}

/** The value that is looked at: its size where signs don't count, nothing (0) on the side that is left out. */
export function counted(value: number, signed: boolean, sign: Look["sign"]): number {
  if (!signed || sign === "absolute") return Math.abs(value);
  if (sign === "positive") return Math.max(0, value);
  return sign === "negative" ? Math.min(0, value) : value;
}

/** The colour map that is meant: any other name, such as "auto", is the usual one for these numbers. */
export function rampName({ colormap, sign }: Pick<Look, "colormap" | "sign">, signed: boolean): string {
  if (COLORMAPS.some(({ name }) => name === colormap)) return colormap;
  const usual = signed && sign !== "absolute" ? "diverging" : "sequential";
  return COLORMAPS.find(({ kind }) => kind === usual)?.name ?? "";
}

/** Where on a colour map a share of the largest value is, −1 … 1: 0 … 255. */
function placeOf(share: number, diverging: boolean, both: boolean): number {
  const size = Math.abs(share);
  if (diverging) {
    const { diverging: palest } = PALEST;
    return Math.round(127.5 + 127.5 * Math.sign(share) * (palest + (1 - palest) * size));
  }
  if (both) return Math.round(127.5 + 127.5 * share);
  const { sequential: palest } = PALEST;
  return Math.round(255 * (palest + (1 - palest) * size));
}

/** The colour of a share of the largest value. */
export function colourOf(
  share: number,
  signed: boolean,
  look: Look,
  dark: boolean,
): [number, number, number] {
  const name = rampName(look, signed);
  const diverging = COLORMAPS.find((one) => one.name === name)?.kind === "diverging";
  const at = 3 * placeOf(share, diverging, signed && look.sign === "both");
  return [...ramp(name, dark).subarray(at, at + 3)] as Rgb;
}

/** The colour of a line at a share of the largest value: it is thin, and needs more of its hue than a surface. */
export const lineColourOf = (share: number, signed: boolean, look: Look, dark: boolean): Rgb =>
  colourOf((share + Math.sign(share)) / 2, signed, look, dark);

/** How much of the picture a share of the largest value covers, 0 … 1. */
function coverOf(share: number, look: Look, crisp: boolean): number {
  const size = Math.abs(share);
  const edge = edgeOf(look);
  if (look.view === "mask") {
    const inside = crisp ? Number(size >= edge) : Math.max(0, Math.min(1, (size - edge) / EDGE + 0.5));
    return look.opacity * (1 - inside);
  }
  if (size < edge || !size) return 0;
  return look.opacity * (1 - (1 - size) ** 2);
}

const STEPS = 256;

/**
 * 256 colours with alpha, 4 bytes each, from one end of the bar to the other: as they lie over a picture (blend), as
 * the colours of lines (contour), dark and light for what is covered and what is seen (mask).
 */
export function shades(signed: boolean, look: Look, dark: boolean): Uint8ClampedArray<ArrayBuffer> {
  const [low, high] = endsOf({ max: 1, signed }, look);
  const { view } = look;
  const colours = new Uint8ClampedArray(4 * STEPS);
  for (let i = 0; i < STEPS; i++) {
    const share = low + ((high - low) * i) / (STEPS - 1);
    const inside = Math.abs(share) >= edgeOf(look);
    let [colour, alpha] = [colourOf(share, signed, look, dark), coverOf(share, look, true)];
    if (view === "contour") [colour, alpha] = [lineColourOf(share, signed, look, dark), Number(inside)];
    if (view === "mask") [colour, alpha] = [inside ? SEEN : COVERED, 1];
    colours.set([...colour, 255 * alpha], 4 * i);
  }
  return colours;
}

/** The same in words of a style sheet, every `step`th of them. */
export function stops(signed: boolean, look: Look, dark: boolean, step: number): string[] {
  const all = shades(signed, look, dark);
  return Array.from({ length: 1 + (STEPS - 1) / step }, (_, i) => {
    const [red, green, blue, alpha = 0] = all.subarray(4 * step * i);
    return `rgb(${red} ${green} ${blue} / ${alpha / 255})`;
  });
}

/**
 * What lies over the box, heat pixel by heat pixel: colours (blend), a veil over what doesn't count (mask), nothing
 * where there are lines instead (contour). What is not known is clear, under a mask it is covered.
 */
export function composed(heat: Heat, look: Look, dark: boolean): ImageData {
  const { width, height, values, max, signed, crisp } = heat;
  const data = new Uint8ClampedArray(4 * values.length);
  const image = () => new ImageData(data, width, height);
  if (look.view === "contour") return image();
  const mask = look.view === "mask";
  // One step more on either side than there are codes: nothing is between two signs.
  const half = 512;
  const table = new Uint8ClampedArray(4 * (2 * half + 1));
  for (let step = -half; step <= half; step++) {
    const share = step / half;
    const colour = mask ? VEIL : colourOf(share, signed, look, dark);
    table.set(
      [...colour, 255 * coverOf(share, { ...look, threshold: mask ? look.threshold : 0 }, crisp)],
      4 * (step + half),
    );
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const known = !missing(value);
    if (!known && !mask) continue;
    const share = known && max ? Math.max(-1, Math.min(1, counted(value, signed, look.sign) / max)) : 0;
    if (!mask && Math.abs(share) < look.threshold) continue;
    const at = 4 * (Math.round(share * half) + half);
    for (let k = 0; k < 4; k++) data[4 * i + k] = table[at + k] as number;
  }
  return image();
}
