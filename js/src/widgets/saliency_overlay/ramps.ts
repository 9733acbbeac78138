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

/** The colours that each goes through: light and, where the middle must be the paper's, dark. */
const POINTS: Record<string, [light: string, dark?: string]> = {
  vermilion_blue: ["0072b2 f7f7f7 d55e00", "3a95dc 1c1c1c f07a22"],
  green_purple: ["8b4aa3 f7f7f7 14834f", "b57fce 1c1c1c 3fae74"],
  heat: ["1b0c34 6d1b5e bf3a3a f08b2c fbe79b"],
  viridis: ["440154 3b528b 21918c 5ec962 fde725"],
  grey: ["141414 fafafa"],
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

/** Even steps to the eye through some colours: `count` of them, the first and the last included. */
function evenly(points: Lab[], count: number): Rgb[] {
  const ways = [0];
  for (const [i, point] of points.slice(1).entries()) {
    const before = points[i] as Lab;
    ways.push((ways[i] as number) + Math.hypot(...point.map((one, k) => one - (before[k] as number))));
  }
  const whole = ways.at(-1) as number;
  return Array.from({ length: count }, (_, i) => {
    const way = (i / (count - 1)) * whole;
    const next = Math.max(
      1,
      ways.findIndex((one) => one >= way - 1e-9),
    );
    const [start, end] = [ways[next - 1] as number, ways[next] as number];
    const [from, to] = [points[next - 1] as Lab, points[next] as Lab];
    const part = (way - start) / (end - start);
    return rgbOf(from.map((one, k) => one + ((to[k] as number) - one) * part) as Lab);
  });
}

/** 256 colours, 3 bytes each, from the lowest value to the highest; the middle of a diverging one is between two. */
export function ramp(name: string, dark: boolean): Uint8ClampedArray<ArrayBuffer> {
  const key = `${name} ${dark}`;
  const known = made.get(key);
  if (known) return known;
  const [light = "", night = light] = POINTS[name] ?? POINTS.heat ?? [];
  const points = (dark ? night : light).split(" ").map((one) => labOf(hex(one)));
  const colours = new Uint8ClampedArray(3 * 256);
  if (points.length === 3) {
    // Zero stays in the middle, however far the two ends are from it.
    colours.set(evenly(points.slice(0, 2), 128).flat());
    colours.set(evenly(points.slice(1), 128).flat(), 3 * 128);
  } else colours.set(evenly(points, 256).flat());
  made.set(key, colours);
  return colours;
}
