import type { Rgb, Theme } from "../../core/theme";

/** The colour maps that a person can choose from; the first of a kind is the usual one. */
export const COLORMAPS: { name: string; kind: "sequential" | "diverging" }[] = [
  { name: "vermilion_blue", kind: "diverging" },
  { name: "green_purple", kind: "diverging" },
  { name: "heat", kind: "sequential" },
  { name: "viridis", kind: "sequential" },
  { name: "grey", kind: "sequential" },
];

/** Whether a theme's paper is dark. */
export const isDark = ({ paper }: Pick<Theme, "paper">): boolean => paper[0] + paper[1] + paper[2] < 384;

/** The control points, evenly spaced: the lower end first, and for diverging ones the upper end last. */
const POINTS: Record<string, { light: string[]; dark: string[] }> = {
  vermilion_blue: {
    light: ["003a5d", "0072b2", "f7f7f7", "d55e00", "6f2c00"],
    dark: ["a5d4f7", "308cd6", "1c1c1c", "e87018", "ffc49a"],
  },
  green_purple: {
    light: ["40004b", "8a4f9e", "f7f7f7", "2f8f5b", "00441b"],
    dark: ["e6c8f0", "a56bbd", "1c1c1c", "3fa56e", "b9ecca"],
  },
  heat: {
    light: ["1a0b2e", "6b1f5c", "c0392b", "f08a24", "fde9a0"],
    dark: ["1a0b2e", "6b1f5c", "c0392b", "f08a24", "fde9a0"],
  },
  viridis: {
    light: ["440154", "3b528b", "21918c", "5ec962", "fde725"],
    dark: ["440154", "3b528b", "21918c", "5ec962", "fde725"],
  },
  grey: { light: ["141414", "fafafa"], dark: ["141414", "fafafa"] },
};

type Lab = [lightness: number, a: number, b: number];

const linear = (channel: number) =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
const gamma = (channel: number) =>
  channel <= 0.0031308 ? 12.92 * channel : 1.055 * Math.max(0, channel) ** (1 / 2.4) - 0.055;

/** Björn Ottosson's OKLab of a colour with channels 0 … 255. */
export function labOf(colour: Rgb): Lab {
  const [red, green, blue] = colour.map((channel) => linear(channel / 255)) as Rgb;
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function rgbOf([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((channel) => gamma(channel) * 255) as Rgb;
}

const hex = (text: string): Rgb => {
  const all = Number.parseInt(text, 16);
  return [all >> 16, (all >> 8) & 255, all & 255];
};

const made = new Map<string, Uint8ClampedArray<ArrayBuffer>>();

/** The name of the colour map that is meant: any other name, such as "auto", is the usual one for the numbers. */
export function rampName(name: string, diverging: boolean): string {
  if (COLORMAPS.some((one) => one.name === name)) return name;
  const kind = diverging ? "diverging" : "sequential";
  return COLORMAPS.find((one) => one.kind === kind)?.name ?? "heat";
}

/** 256 colours, 3 bytes each, from the lowest value to the highest. */
export function ramp(name: string, dark: boolean): Uint8ClampedArray<ArrayBuffer> {
  const key = `${name} ${dark}`;
  const known = made.get(key);
  if (known) return known;
  const points = (POINTS[name] ?? POINTS.heat)?.[dark ? "dark" : "light"].map((one) => labOf(hex(one))) ?? [];
  const colours = new Uint8ClampedArray(3 * 256);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (points.length - 1);
    const first = Math.min(points.length - 2, Math.floor(at));
    const [from, to] = [points[first], points[first + 1]] as [Lab, Lab];
    colours.set(rgbOf(from.map((one, k) => one + ((to[k] as number) - one) * (at - first)) as Lab), 3 * i);
  }
  made.set(key, colours);
  return colours;
}
