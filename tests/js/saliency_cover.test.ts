import {
  brushed,
  coverOf,
  imageOf,
  type Mask,
  maskOf,
  maskOfRegions,
  shareOf,
  toggled,
} from "../../js/src/widgets/saliency_overlay/cover";
import type { Picture, Regions } from "../../js/src/widgets/saliency_overlay/wire";
import { covered, packed } from "./saliency_fake";

/** The model sees 20 × 40 pixels of a part that is 200 × 200 of the picture's own. */
const picture = { box: [50, 0, 250, 200], seen: [20, 40] } as unknown as Picture;
const fine = { box: [0, 0, 200, 200], seen: [200, 200] } as unknown as Picture;
const grid: Regions = { picture: 1, count: 8, grid: [2, 4], labels: null, names: [], absent: null };

const hidden = ({ bits, width }: Mask) =>
  [...bits.keys()].filter((i) => bits[i]).map((i) => [Math.floor(i / width), i % width]);

describe("a cover", () => {
  it("is told in runs that begin with what is clear", () => {
    const told = (bits: number[]) => coverOf({ height: 2, width: 3, bits: Uint8Array.from(bits) }).runs;
    expect(told([0, 0, 0, 0, 0, 0])).toEqual([6]);
    expect(told([1, 1, 1, 1, 1, 1])).toEqual([0, 6]);
    expect(told([0, 1, 1, 1, 0, 1])).toEqual([1, 3, 1, 1]);
  });
  it("comes back from its runs as it was", () => {
    let seed = 7;
    const bits = Uint8Array.from({ length: 30 * 17 }, () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Number(seed > 1.4e9);
    });
    expect(covered(coverOf({ height: 30, width: 17, bits }))).toEqual([...bits]);
  });
  it("is as large as what the model sees, with at most 224 pixels a side", () => {
    expect(maskOf([32, 28])).toMatchObject({ height: 32, width: 28 });
    expect(maskOf([300, 448])).toMatchObject({ height: 150, width: 224 });
    expect(shareOf(maskOf([300, 448]))).toBe(0);
  });
});

describe("the brush", () => {
  const middle = (row: number, column: number) => ({ x: 50 + (column + 0.5) * 5, y: (row + 0.5) * 10 });
  const far = (from: { x: number; y: number }, to: typeof from, at: typeof from) => {
    // The nearest of very many points of the way.
    const all = Array.from({ length: 2001 }, (_, i) => i / 2000);
    return Math.min(
      ...all.map((part) =>
        Math.hypot(from.x + part * (to.x - from.x) - at.x, from.y + part * (to.y - from.y) - at.y),
      ),
    );
  };
  it("is round in the picture's own pixels, and hides whatever is near enough to its way", () => {
    const mask = maskOf([20, 40]);
    const [from, to] = [
      { x: 90, y: 40 },
      { x: 203, y: 131 },
    ];
    brushed(mask, picture, from, to, 50, true);
    for (let row = 0; row < 20; row++)
      for (let column = 0; column < 40; column++) {
        const away = far(from, to, middle(row, column)) - 25;
        if (Math.abs(away) > 0.1)
          expect([row, column, mask.bits[row * 40 + column]]).toEqual([row, column, Number(away < 0)]);
      }
  });
  it("hides a disc's area", () => {
    const mask = maskOf([200, 200]);
    brushed(mask, fine, { x: 100, y: 100 }, { x: 100, y: 100 }, 120, true);
    expect(shareOf(mask)).toBeCloseTo((Math.PI * 60 ** 2) / 200 ** 2, 2);
  });
  it("touches the pixel that it is on, however fine it is", () => {
    const mask = maskOf([200, 200]);
    for (const at of [
      { x: 9.5, y: 7.5 },
      { x: 120.01, y: 180.99 },
    ])
      brushed(mask, fine, at, at, 0.1, true);
    expect(mask.bits[7 * 200 + 9]).toBe(1);
    expect(mask.bits[180 * 200 + 120]).toBe(1);
    expect(hidden(mask).length).toBeLessThan(5);
  });
  it("may go over the edge, and beyond what the model sees hides nothing", () => {
    const mask = maskOf([20, 40]);
    brushed(mask, picture, { x: 10, y: 100 }, { x: 20, y: 100 }, 40, true);
    expect(shareOf(mask)).toBe(0);
    brushed(mask, picture, { x: 20, y: -30 }, { x: 400, y: 300 }, 400, true);
    expect(shareOf(mask)).toBeGreaterThan(0.9);
  });
  it("takes away what it erases, and nothing else", () => {
    const mask = maskOf([200, 200]);
    brushed(mask, fine, { x: 20, y: 50 }, { x: 120, y: 50 }, 40, true);
    const before = hidden(mask).length;
    brushed(mask, fine, { x: 60.5, y: 50.5 }, { x: 60.5, y: 50.5 }, 0.1, false);
    expect(hidden(mask)).toHaveLength(before - 1);
    expect(mask.bits[50 * 200 + 60]).toBe(0);
  });
});

describe("whole regions", () => {
  it("are hidden to their edges, and shown again", () => {
    const mask = maskOf([20, 40]);
    toggled(mask, grid, [20, 40], 6);
    const all = hidden(mask);
    expect(all).toHaveLength(100);
    expect(all.every(([row = 0, column = 0]) => row >= 10 && column >= 20 && column < 30)).toBe(true);
    toggled(mask, grid, [20, 40], 6);
    expect(hidden(mask)).toEqual([]);
  });
  it("are hidden in full where less than half was", () => {
    const mask = maskOf([20, 40]);
    mask.bits.fill(1, 0, 10);
    toggled(mask, grid, [20, 40], 0);
    expect(hidden(mask)).toHaveLength(100);
  });
  it("go by number, of any shape", () => {
    const labels = packed("uint16", [0, 1, 2, 2, 1, 0], [2, 3]);
    const some = { ...grid, count: 3, grid: null, labels } as Regions;
    expect([...maskOfRegions(some, [2, 3], [2, 0]).bits]).toEqual([1, 0, 1, 1, 0, 1]);
    expect(shareOf(maskOfRegions(grid, [20, 40], [0, 1, 2, 3]))).toBe(0.5);
  });
});

describe("what the model saw", () => {
  afterEach(() => vi.restoreAllMocks());
  it("is drawn from its bytes, opaque", () => {
    let drawn: number[] = [];
    const pen = { putImageData: ({ data }: ImageData) => (drawn = [...data]) };
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never);
    expect(imageOf(Uint8Array.of(1, 2, 3, 4, 5, 6), 1, 2)).toMatchObject({ width: 2, height: 1 });
    expect(drawn).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
  });
  it("is left out where the browser cannot", () => {
    expect(imageOf(Uint8Array.of(1, 2, 3), 1, 1)).toBeNull();
  });
});
