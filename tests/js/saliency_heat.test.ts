import { heatOf, regionAt } from "../../js/src/widgets/saliency_overlay/heat";
import type { Heat } from "../../js/src/widgets/saliency_overlay/parts";
import { ranksOf } from "../../js/src/widgets/saliency_overlay/ranks";
import type { Estimate, Picture, Regions } from "../../js/src/widgets/saliency_overlay/wire";

const KINDS = { float32: Float32Array, int16: Int16Array, uint16: Uint16Array };
const packed = (dtype: keyof typeof KINDS, numbers: number[], shape = [numbers.length]) => ({
  ...{ dtype, shape },
  data: new DataView(KINDS[dtype].from(numbers).buffer),
});
const pictureOf = (height: number, width: number) =>
  ({ id: 1, width, height, box: [0, 0, width, height], seen: [height, width] }) as unknown as Picture;
const gridOf = (rows: number, columns: number): Regions => ({
  ...{ picture: 1, count: rows * columns, grid: [rows, columns], labels: null, names: [], absent: null },
});
const regionsOf = (labels: number[], height: number, width: number): Regions => ({
  ...{ picture: 1, count: Math.max(...labels) + 1, grid: null, names: [], absent: null },
  labels: packed("uint16", labels, [height, width]),
});
const estimateOf = (values: number[], more: object = {}) =>
  ({ values: packed("float32", values), map: null, signed: true, ...more }) as unknown as Estimate;
const mapOf = (codes: number[], shape: number[], scale = 1) => ({
  codes: packed("int16", codes, shape),
  scale,
});
const at = ({ values, width }: Heat, x: number, y: number) => values[y * width + x] as number;

const { NaN: unknown } = Number;
const square = pictureOf(224, 224);

describe("regions", () => {
  it("of a grid are where their cells are", () => {
    const grid = gridOf(7, 7);
    expect(regionAt(grid, [224, 224], 0, 0)).toBe(0);
    expect(regionAt(grid, [224, 224], 31.9, 32)).toBe(1);
    expect(regionAt(grid, [224, 224], 223.9, 223.9)).toBe(48);
    expect(regionAt(gridOf(2, 3), [10, 10], 9, 4)).toBe(4);
    for (const [y, x] of [
      [-0.1, 5],
      [5, 224],
      [unknown, 3],
    ] as const)
      expect(regionAt(grid, [224, 224], y, x)).toBe(-1);
  });
  it("of any shape are where their labels are", () => {
    const regions = regionsOf([0, 0, 1, 2, 2, 1], 2, 3);
    expect(regionAt(regions, [2, 3], 1.5, 0.2)).toBe(2);
    expect(regionAt(regions, [2, 3], 0, 2.9)).toBe(1);
    expect(regionAt({ ...regions, count: 2 }, [2, 3], 1, 0)).toBe(-1);
  });
});

describe("ranks", () => {
  it("go by value where the sign counts, else by size", () => {
    expect([...ranksOf(Float32Array.of(0.2, -3, 1), true)]).toEqual([2, 3, 1]);
    expect([...ranksOf(Float32Array.of(0.2, -3, 1), false)]).toEqual([3, 1, 2]);
  });
  it("are shared by equals, and none where nothing is known", () => {
    expect([...ranksOf(Float32Array.of(1, unknown, 2, 1, 0), true)]).toEqual([2, 0, 1, 2, 4]);
  });
});

describe("heat without smoothing", () => {
  it("is the method's own map, cell by cell", () => {
    const map = mapOf([1, -2, -32768, 4, 0, 3], [2, 3], 0.5);
    const heat = heatOf(estimateOf([9], { map }), gridOf(1, 1), square, 0);
    expect([heat.width, heat.height, heat.max, heat.crisp]).toEqual([3, 2, 2, true]);
    expect([...heat.values]).toEqual([0.5, -1, unknown, 2, 0, 1.5]);
  });
  it("is the regions' values where the method has no map", () => {
    expect([...heatOf(estimateOf([1, 2, 3, 4]), gridOf(2, 2), square, 0).values]).toEqual([1, 2, 3, 4]);
    const regions = regionsOf([0, 0, 1, 1, 2, 1], 2, 3);
    const heat = heatOf(estimateOf([5, -7, unknown]), regions, pictureOf(2, 3), 0);
    expect([...heat.values]).toEqual([5, 5, -7, -7, unknown, -7]);
    expect(heat.max).toBe(7);
  });
});

describe("smooth heat", () => {
  const grid = gridOf(2, 2);
  const smooth = (values: number[], smoothing = 1) => heatOf(estimateOf(values), grid, square, smoothing);
  it("is no larger than 256 pixels a side", () => {
    const fine = Array.from({ length: 400 * 300 }, (_, i) => (i % 400 < 200 ? 100 : 0));
    const heat = heatOf(estimateOf([0], { map: mapOf(fine, [300, 400]) }), grid, square, 1);
    expect([heat.width, heat.height]).toEqual([256, 192]);
    expect(at(heat, 20, 90)).toBeCloseTo(100, 3);
    expect(at(heat, 236, 90)).toBeCloseTo(0, 3);
    expect(at(heat, 128, 90)).toBeGreaterThan(30);
    expect(at(heat, 128, 90)).toBeLessThan(70);
  });
  it("of equal values is flat, up to the rim", () => {
    for (const smoothing of [0.01, 0.3, 1])
      for (const value of smooth([3, 3, 3, 3], smoothing).values) expect(value).toBeCloseTo(3, 5);
  });
  it("grows from one cell to the next without a step, and never beyond them", () => {
    const heat = smooth([0, 1, 0, 1]);
    const row = Array.from({ length: heat.width }, (_, x) => at(heat, x, 5));
    for (let x = 1; x < row.length; x++) {
      const step = (row[x] as number) - (row[x - 1] as number);
      expect(step).toBeGreaterThanOrEqual(-1e-6);
      expect(step).toBeLessThan(0.1);
    }
    expect(row[0]).toBeGreaterThanOrEqual(0);
    expect(row.at(-1)).toBeLessThanOrEqual(1 + 1e-6);
    expect(at(heat, heat.width / 2, 5) + at(heat, heat.width / 2 - 1, 5)).toBeCloseTo(1, 4);
  });
  it("is wider the more is asked for", () => {
    const slope = (smoothing: number) => {
      const { values, width } = smooth([0, 1, 0, 1], smoothing);
      return [...values.subarray(0, width)].filter((value) => value > 0.05 && value < 0.95).length;
    };
    expect(slope(0.1)).toBeLessThan(slope(0.5));
    expect(slope(0.5)).toBeLessThan(slope(1));
  });
  it("says nothing of what is not known, and lets nothing of it into its neighbours", () => {
    const heat = smooth([unknown, 2, 2, 2]);
    const middle = heat.width / 2;
    expect(at(heat, 3, 3)).toBeNaN();
    expect(at(heat, middle - 1, middle - 1)).toBeNaN();
    expect(at(heat, middle, middle - 1)).toBeCloseTo(2, 5);
    const regions = regionsOf([0, 0, 1, 1], 1, 4);
    const two = heatOf(estimateOf([unknown, 5]), regions, pictureOf(1, 4), 1);
    expect([...two.values]).toEqual([unknown, unknown, expect.closeTo(5, 5), expect.closeTo(5, 5)]);
  });
  it("blurs a fine map as a Gaussian does", () => {
    const side = 129;
    const codes = Array<number>(side * side).fill(0);
    codes[64 * side + 64] = 10_000;
    const { values } = heatOf(estimateOf([0], { map: mapOf(codes, [side, side]) }), grid, square, 1);
    const total = values.reduce((sum, value) => sum + value, 0);
    expect(total).toBeCloseTo(10_000, 0);
    const spread = values.reduce((sum, value, i) => sum + value * ((i % side) - 64) ** 2, 0) / total;
    expect(Math.sqrt(spread)).toBeCloseTo(side / 64, 2);
    const sigma = side / 64;
    const peak = 10_000 / (2 * Math.PI * sigma ** 2);
    for (const away of [0, 1, 2, 3, 4]) {
      const wanted = peak * Math.exp(-(away ** 2) / (2 * sigma ** 2));
      expect(Math.abs((values[64 * side + 64 + away] as number) - wanted)).toBeLessThan(0.1 * peak);
    }
  });
});

describe("the scale", () => {
  it("is not spoilt by single pixels of a fine map", () => {
    const codes = Array.from({ length: 100 * 100 }, (_, i) => (i === 17 ? 30_000 : 50 + (i % 50)));
    const heat = heatOf(estimateOf([0], { map: mapOf(codes, [100, 100]) }), gridOf(2, 2), square, 0);
    expect(heat.max).toBe(99);
    expect(heat.beyond).toBe(true);
  });
  it("takes all of a coarse one", () => {
    const heat = heatOf(estimateOf([1, 2, 900, -4]), gridOf(2, 2), square, 0);
    expect([heat.max, heat.beyond]).toEqual([900, false]);
  });
  it("is 0 where nothing is known", () => {
    for (const smoothing of [0, 1]) {
      const heat = heatOf(estimateOf([unknown, unknown, unknown, unknown]), gridOf(2, 2), square, smoothing);
      expect(heat.max).toBe(0);
      expect(heat.values.every(Number.isNaN)).toBe(true);
    }
  });
});

describe("signs", () => {
  const signed = (values: number[], more: object = {}) =>
    heatOf(estimateOf(values, { state: "done", ...more }), gridOf(1, 2), square, 0).signed;
  it("need both halves of a scale only where something is negative", () => {
    expect([signed([1, -1]), signed([1, 2]), signed([1, -1], { signed: false })]).toEqual([
      true,
      false,
      false,
    ]);
  });
  it("are waited for while more can come, unless what is there is exact", () => {
    expect(signed([1, 2], { state: "running", error_kind: "band" })).toBe(true);
    expect(signed([1, 2], { state: "running", error_kind: "exact" })).toBe(false);
  });
});
