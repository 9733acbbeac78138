import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { shade } from "../../js/src/core/colour";

describe("the scale", () => {
  it("has two sides, a middle, and a word for not knowing", () => {
    expect(shade(0.5, 1)).toEqual({ side: "pos", size: 0.5 });
    expect(shade(-0.25, 1)).toEqual({ side: "neg", size: 0.25 });
    expect(shade(0, 1).side).toBe("none");
    expect(shade(Number.NaN, 1).side).toBe("pending");
    expect(shade(null, 1).side).toBe("plain");
  });
  it("ends at the largest word and stays finite when there is none", () => {
    expect(shade(3, 2).size).toBe(1);
    expect(shade(Number.NEGATIVE_INFINITY, 2)).toEqual({ side: "neg", size: 1 });
    expect(shade(0, 0)).toEqual({ side: "none", size: 0 });
  });
});

type Colour = [number, number, number];

const css = readFileSync(resolve(import.meta.dirname, "../../js/src/core/core.css"), "utf8");
const blocks = [...css.matchAll(/\.xai \{([^}]*)\}/g)].map((match) => match[1] as string);
const themes = blocks.filter((block) => block.includes("--xai-pos"));
const triple = (block: string, name: string) =>
  ((block.match(new RegExp(`${name}: ([\\d ]+);`)) as RegExpMatchArray)[1] as string)
    .split(" ")
    .map(Number) as Colour;
const over = (top: Colour, alpha: number, below: Colour) =>
  top.map((part, i) => alpha * part + (1 - alpha) * (below[i] as number)) as Colour;

function luminance(colour: Colour): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Colour;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Colour, b: Colour): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];
// JupyterLab's own papers, and its ink: 87 % of black or white.
const CASES: [string, number, Colour, Colour][] = [
  ["light", 0, WHITE, BLACK],
  ["dark notebook", 1, [17, 17, 17], WHITE],
  ["dark panel", 1, [33, 33, 33], WHITE],
  ["dark exported page", 2, [17, 17, 17], WHITE],
];

describe.each(CASES)("in the %s theme", (_, index, paper, ink) => {
  const block = themes[index] as string;
  const alpha = Number((block.match(/--xai-alpha: ([\d.]+)/) as RegExpMatchArray)[1]);
  it.each(["--xai-pos", "--xai-neg"])("text on the strongest %s is readable", (name) => {
    const fill = over(triple(block, name), alpha, paper);
    expect(contrast(over(ink, 0.87, fill), fill)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(["--xai-pos", "--xai-neg"])("a bar of %s stands out from the page", (name) => {
    expect(contrast(triple(block, name), paper)).toBeGreaterThanOrEqual(3);
  });
  it("quiet text is readable, also on a generated token", () => {
    const wash = over(ink, ink === BLACK ? 0.05 : 0.08, paper);
    expect(contrast(over(ink, 0.87 * 0.76, wash), wash)).toBeGreaterThanOrEqual(4.5);
  });
});

it("the three themes are all looked at", () => {
  expect(themes).toHaveLength(3);
});
