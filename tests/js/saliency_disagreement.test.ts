import { spearman, spread } from "../../js/src/widgets/saliency_overlay/disagreement";
import type { Shown } from "../../js/src/widgets/saliency_overlay/parts";
import { standings } from "../../js/src/widgets/saliency_overlay/ranks";

const { NaN: unknown } = Number;
const shown = (values: number[], signed = true) =>
  ({ values: Float32Array.from(values), estimate: { signed } }) as unknown as Shown;
const round = (values: Float32Array) => [...values].map((one) => Math.round(1000 * one) / 1000);

describe("where regions stand", () => {
  it("is 0 for the last and 1 for the first, with equals in the middle of theirs", () => {
    expect(round(standings(Float32Array.of(3, 1, 2), true))).toEqual([1, 0, 0.5]);
    expect(round(standings(Float32Array.of(5, 5, 0, 9), true))).toEqual([0.5, 0.5, 0, 1]);
  });
  it("is by size where signs mean nothing, and unknown where nothing is known", () => {
    expect(round(standings(Float32Array.of(-3, 1, unknown, 2), false))).toEqual([1, 0, unknown, 0.5]);
  });
});

describe("Spearman's correlation", () => {
  it("is 1 for the same order, −1 for the reverse", () => {
    expect(spearman(shown([1, 2, 3, 4]), shown([10, 20, 30, 99]))).toBeCloseTo(1, 6);
    expect(spearman(shown([1, 2, 3, 4]), shown([4, 3, 2, 1]))).toBeCloseTo(-1, 6);
  });
  it("is 1 − 6 Σd² / (n³ − n) without equals", () => {
    // Ranks 1 2 3 4 5 against 2 1 4 3 5: Σd² = 4.
    expect(spearman(shown([1, 2, 3, 4, 5]), shown([2, 1, 4, 3, 5]))).toBeCloseTo(1 - 24 / 120, 6);
  });
  it("gives equals their mean rank, as scipy does", () => {
    // scipy.stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 4]): 0.9486832980505138
    expect(spearman(shown([1, 2, 2, 4]), shown([1, 3, 2, 4]))).toBeCloseTo(0.9486833, 6);
  });
  it("counts only what both know, and is no number where one ranks nothing", () => {
    expect(spearman(shown([1, 2, 3, unknown]), shown([1, 2, 3, -7]))).toBeCloseTo(1, 6);
    expect(spearman(shown([1, 1, 1]), shown([1, 2, 3]))).toBeNaN();
  });
});

describe("how far apart panels rank a region", () => {
  it("is a share of the whole ranking", () => {
    const apart = spread([shown([3, 2, 1]), shown([1, 2, 3]), shown([3, 1, 2])]);
    expect(round(apart)).toEqual([1, 0.5, 1]);
  });
  it("is unknown where one of them knows nothing", () => {
    expect(round(spread([shown([2, 1]), shown([unknown, 1])]))[0]).toBeNaN();
  });
});
