import { composed, endsOf, rampName, shades } from "../../js/src/widgets/saliency_overlay/compose";
import type { Heat, Look } from "../../js/src/widgets/saliency_overlay/parts";

const { NaN: unknown } = Number;
const heatOf = (values: number[], more: Partial<Heat> = {}): Heat => ({
  ...{ width: values.length, height: 1, values: Float32Array.from(values), signed: true, crisp: true },
  ...{ max: Math.max(0, ...values.filter((value) => !Number.isNaN(value)).map(Math.abs)), beyond: false },
  ...more,
});
const look: Look = { view: "blend", colormap: "auto", opacity: 1, threshold: 0, sign: "both" };
const pixels = (values: number[], changed: Partial<Look> = {}, more: Partial<Heat> = {}) => {
  const { data } = composed(heatOf(values, more), { ...look, ...changed }, false);
  return values.map((_, i) => [...data.subarray(4 * i, 4 * i + 4)] as [number, number, number, number]);
};
const alphas = (values: number[], changed: Partial<Look> = {}, more: Partial<Heat> = {}) =>
  pixels(values, changed, more).map(([, , , alpha]) => alpha);

beforeEach(() => {
  vi.stubGlobal(
    "ImageData",
    class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    },
  );
});
afterEach(() => void vi.unstubAllGlobals());

describe("a blend", () => {
  it("covers the picture more the more a value counts, and not at all where it doesn't", () => {
    const all = alphas([0, 0.1, 0.3, 0.6, 1]);
    expect(all[0]).toBe(0);
    expect(all.at(-1)).toBe(255);
    for (let i = 1; i < all.length; i++) expect(all[i]).toBeGreaterThan(all[i - 1] as number);
    expect(alphas([-0.3, 0.3])[0]).toBe(alphas([-0.3, 0.3])[1]);
  });
  it("has the house's colours for and against", () => {
    const [against, , speaks] = pixels([-1, 0, 1]);
    expect(against).toEqual([0, 114, 178, 255]);
    expect(speaks).toEqual([213, 94, 0, 255]);
  });
  it("is as opaque as is asked for", () => {
    expect(alphas([1], { opacity: 0.4 })).toEqual([102]);
    expect(alphas([1, 0.5], { opacity: 0 })).toEqual([0, 0]);
  });
  it("shows nothing under the threshold, on either side", () => {
    expect(alphas([-1, -0.49, 0.49, 0.5, 1], { threshold: 0.5 }).map(Boolean)).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
  });
  it("leaves what is not known clear", () => {
    expect(pixels([unknown, 1])[0]).toEqual([0, 0, 0, 0]);
    expect(alphas([unknown, unknown])).toEqual([0, 0]);
  });
  it("shows the sign that is asked for", () => {
    const values = [-1, -0.5, 0.5, 1];
    expect(alphas(values, { sign: "positive" }).map(Boolean)).toEqual([false, false, true, true]);
    expect(alphas(values, { sign: "negative" }).map(Boolean)).toEqual([true, true, false, false]);
    const [low, , , high] = pixels(values, { sign: "absolute" });
    expect(low).toEqual(high);
  });
  it("is full where a value goes beyond the scale", () => {
    const [at, beyond] = pixels([1, 5], {}, { max: 1 });
    expect(beyond).toEqual(at);
  });
});

describe("a mask", () => {
  const mask = { view: "mask", threshold: 0.5 } as const;
  it("covers what lies under the threshold, and what is not known, and nothing else", () => {
    expect(alphas([0, 0.49, 0.6, -0.6, unknown, 1], mask).map((alpha) => alpha / 255)).toEqual([
      1, 1, 0, 0, 1, 0,
    ]);
  });
  it("has no colour of its own", () => {
    for (const [red, green, blue] of pixels([0, 0.2], mask)) expect([green, blue]).toEqual([red, red]);
  });
  it("of smooth heat has a soft edge", () => {
    const [under, edge, over] = alphas([0.4, 0.5, 0.6, 1], mask, { crisp: false });
    expect(under).toBe(255);
    expect(edge).toBeGreaterThan(100);
    expect(edge).toBeLessThan(155);
    expect(over).toBe(0);
  });
});

describe("contours", () => {
  it("leave the picture as it is", () => {
    expect(alphas([0, 0.5, 1, unknown], { view: "contour" })).toEqual([0, 0, 0, 0]);
  });
});

describe("the bar", () => {
  it("has the numbers of the sign at its ends", () => {
    const heat = { max: 2, signed: true };
    expect(endsOf(heat, look)).toEqual([-2, 2]);
    expect(endsOf(heat, { sign: "positive" })).toEqual([0, 2]);
    expect(endsOf(heat, { sign: "negative" })).toEqual([-2, 0]);
    expect(endsOf(heat, { sign: "absolute" })).toEqual([0, 2]);
    expect(endsOf({ max: 2, signed: false }, look)).toEqual([0, 2]);
  });
  it.each(["both", "positive", "negative", "absolute"] as const)(
    "looks as the picture's pixels do (%s)",
    (sign) => {
      for (const colormap of ["auto", "viridis", "green_purple"])
        for (const threshold of [0, 0.3]) {
          const changed = { sign, colormap, threshold };
          const bar = shades(true, { ...look, ...changed }, false);
          const [low, high] = endsOf({ max: 1, signed: true }, { sign });
          for (const i of [0, 20, 100, 200, 255]) {
            const [pixel = []] = pixels([low + ((high - low) * i) / 255], changed, { max: 1 });
            const shown = [...bar.subarray(4 * i, 4 * i + 4)];
            expect(Math.abs((pixel[3] as number) - (shown[3] as number))).toBeLessThanOrEqual(2);
            if (shown[3])
              for (const k of [0, 1, 2])
                expect(Math.abs((pixel[k] as number) - (shown[k] as number))).toBeLessThanOrEqual(3);
          }
        }
    },
  );
  it("has a usual colour map for each kind of numbers, and the one that is asked for", () => {
    expect(rampName({ colormap: "auto", sign: "both" }, true)).toBe("vermilion_blue");
    expect(rampName({ colormap: "auto", sign: "absolute" }, true)).toBe("heat");
    expect(rampName({ colormap: "auto", sign: "both" }, false)).toBe("heat");
    expect(rampName({ colormap: "viridis", sign: "both" }, true)).toBe("viridis");
  });
});
