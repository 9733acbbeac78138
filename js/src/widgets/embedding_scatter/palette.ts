import { clamp } from "./points";

type Rgb = [red: number, green: number, blue: number];

/**
 * Eight colours that stay apart under every kind of colour vision: Okabe and Ito's, moved until the least difference
 * under protanopia, deuteranopia and tritanopia (Machado et al. 2009) was largest and each stood out from the paper.
 */
const LIGHT = ["1d58c2", "eaa01d", "1a9b6f", "ad4700", "c985ba", "19b1ff", "761813", "605964"];
const DARK = ["06a0ff", "e0ab00", "1b896b", "de3c03", "dd5fb8", "9df5ff", "fff024", "b4bebc"];

/** Then the same eight nearer to the paper, then nearer to the ink: told apart by most people, beside each other. */
const PALER = { light: 0.5, dark: 0.4 };
const INKIER = 0.45;

/** So many categories look different; the next one looks like the first. */
export const DISTINCT = 24;
/** So many do for every kind of colour vision. */
export const SAFE = 8;

/** The place in every palette of points of no category, or without a number. */
export const NONE = 255;

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

const hex = (text: string): Rgb => {
  const all = Number.parseInt(text, 16);
  return [all >> 16, (all >> 8) & 255, all & 255];
};

const mix = (from: Rgb, to: Rgb, part: number): Rgb =>
  from.map((channel, i) => channel + ((to[i] as number) - channel) * part) as Rgb;

/** A colour as a palette has it: opaque, 0xAABBGGRR. */
export const packed = ([red, green, blue]: Rgb): number =>
  ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;

/** A packed colour for style sheets. */
export const css = (colour: number): string =>
  `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;

/** A palette of these colours, and of what has none. */
function paletteOf(colours: Rgb[], dark: boolean): Uint32Array {
  const palette = new Uint32Array(256).fill(packed(dark ? [120, 120, 120] : [160, 160, 160]));
  palette.set(colours.map(packed));
  return palette;
}

/** The colours of categories, see `slotOf`. */
export function categories(dark: boolean): Uint32Array {
  const [paper, ink] = dark ? [black, white] : [white, black];
  const base = (dark ? DARK : LIGHT).map(hex);
  const paler = base.map((one) => mix(one, paper, dark ? PALER.dark : PALER.light));
  const inkier = base.map((one) => mix(one, ink, INKIER));
  return paletteOf([...base, ...paler, ...inkier], dark);
}

/** The place in the palette of category 0, 1, … */
export const slotOf = (category: number): number => category % DISTINCT;

/** The places of all points from their categories' codes, of which the largest of its kind stands for none. */
export function slotsOf(codes: Uint8Array | Uint16Array | Uint32Array): Uint8Array {
  const none = codes instanceof Uint8Array ? 255 : 65535;
  const slots = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) slots[i] = codes[i] === none ? NONE : slotOf(codes[i] as number);
  return slots;
}

/** A ring is seen from the first distortion on, and as strong as can be from the second: so far off is chance. */
export const HALO = [0.1, 0.5] as const;
/** So far towards the colour that warns: the points' own colours stand above it. */
export const haloPart = (distortion: number): number =>
  0.65 * clamp((distortion - HALO[0]) / (HALO[1] - HALO[0]), 0, 1) ** 1.5;

/** The colours of rings, by the codes of distortion. */
export const halos = (paper: Rgb, warn: Rgb): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, code) => packed(mix(paper, warn, haloPart(code / LAST))));

/** Björn Ottosson's OKLab, by lightness, chroma and hue in degrees. */
function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((one) => {
    const value = clamp(one, 0, 1);
    return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
  }) as Rgb;
}

/** The last place of a ramp; the first is 0. */
const LAST = 254;

/**
 * The colours of numbers, from low (0) to high (254). Lightness always goes the same way, so that order is seen
 * without hues: high is farthest from the paper, and low still stands out from it. Of signed ones the middle is grey.
 */
export function ramp(signed: boolean, dark: boolean): Uint32Array {
  const colours = Array.from({ length: LAST + 1 }, (_, code) => {
    const part = code / LAST;
    const strong = Math.abs(2 * part - 1);
    if (signed)
      return oklch(dark ? 0.45 + 0.33 * strong : 0.8 - 0.32 * strong, 0.15 * strong, part > 0.5 ? 48 : 250);
    return dark
      ? oklch(0.42 + 0.5 * part, 0.13, 290 - 190 * part)
      : oklch(0.84 - 0.52 * part, 0.13, 100 + 190 * part);
  });
  return paletteOf(colours, dark);
}
