import type { Screen } from "../../js/src/widgets/embedding_scatter/camera";
import { rowsOfDisc } from "../../js/src/widgets/embedding_scatter/discs";
import { FADED, HIDDEN, type Look } from "../../js/src/widgets/embedding_scatter/points";
import { raster } from "../../js/src/widgets/embedding_scatter/raster";
import { tone, toneNumbers } from "../../js/src/widgets/embedding_scatter/tones";

const RED = 0xff0000ff;
const BLUE = 0xffff0000;
const INK = 0xff000000;
const palette = Uint32Array.of(RED, BLUE, 0xff33aa77);

const screenOf = (x: number[], y: number[], near: number[] | null = null): Screen => ({
  count: x.length,
  x: Float32Array.from(x),
  y: Float32Array.from(y),
  near: near && Float32Array.from(near),
});
const lookOf = (count: number, more: Partial<Look> = {}): Look => ({
  ...{ colour: new Uint8Array(count), palette, size: 5, alpha: 0.6, faded: null, ink: INK },
  ...more,
});
const size = { width: 60, height: 40, dense: 1, moving: false };
const paint = (screen: Screen, look: Look, more: Partial<typeof size> = {}) =>
  raster()
    .paint(screen, look, { ...size, ...more })
    .slice();
const channels = (pixel: number) => [0, 8, 16, 24].map((shift) => (pixel >>> shift) & 255);
const at = (pixels: Uint32Array, x: number, y: number) => channels(pixels[y * size.width + x] as number);

/** Numbers that are always the same. */
function random(seed: number) {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** What a pixel must be: every point asked how much of it it covers. */
function brute({ x, y, count }: Screen, look: Look, column: number, row: number): number[] {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const far = Math.hypot(column + 0.5 - (x[i] as number), row + 0.5 - (y[i] as number));
    const covered = Math.max(0, Math.min(1, look.size / 2 + 0.5 - far));
    const colour = channels(look.palette[look.colour[i] as number] as number);
    for (const k of [0, 1, 2]) (sums[k] as number) += covered * (colour[k] as number);
    (sums[3] as number) += covered;
  }
  const many = sums[3] as number;
  if (!many) return [0, 0, 0, 0];
  const full = Math.log(0.05) / Math.log(1 - look.alpha);
  const inked = 0.5 * Math.max(0, Math.min(1, Math.log(many / full) / Math.log(1024 / full)));
  const cover = 1 - (1 - look.alpha) ** many;
  return [...sums.slice(0, 3).map((sum) => (sum / many) * (1 - inked)), 255 * cover];
}

describe("pixels of points", () => {
  it("are what asking every point at every pixel gives", () => {
    const next = random(5);
    const count = 160;
    // On the parts of a pixel that discs are told apart by.
    const quarter = (most: number) => Math.floor(next() * most * 4) / 4 + 0.125;
    const x = Array.from({ length: count }, () => quarter(70) - 5);
    const y = Array.from({ length: count }, () => quarter(50) - 5);
    const screen = screenOf(x, y);
    const look = lookOf(count, { colour: Uint8Array.from(x, () => Math.floor(next() * 3)) });
    const pixels = paint(screen, look);
    for (let row = 0; row < size.height; row++)
      for (let column = 0; column < size.width; column++) {
        const wanted = brute(screen, look, column, row);
        const found = at(pixels, column, row);
        expect(Math.abs((found[3] as number) - (wanted[3] as number))).toBeLessThan(4);
        // The colour of what is hardly seen is not told exactly.
        if ((wanted[3] as number) > 8)
          for (const k of [0, 1, 2])
            expect(Math.abs((found[k] as number) - (wanted[k] as number))).toBeLessThan(3);
      }
  });
  it("are the same in whatever order the points come", () => {
    const next = random(9);
    const x = Array.from({ length: 300 }, () => next() * 60);
    const y = Array.from({ length: 300 }, () => next() * 40);
    const colour = x.map(() => Math.floor(next() * 3));
    const one = paint(screenOf(x, y), lookOf(300, { colour: Uint8Array.from(colour) }));
    const other = paint(
      screenOf([...x].reverse(), [...y].reverse()),
      lookOf(300, { colour: Uint8Array.from([...colour].reverse()) }),
    );
    const most = one.reduce((sum, pixel, i) => {
      const [a, b] = [channels(pixel), channels(other[i] as number)];
      return Math.max(sum, ...a.map((value, k) => Math.abs(value - (b[k] as number))));
    }, 0);
    expect(most).toBeLessThanOrEqual(1);
  });
  it("show two colours on one place as their mean, not the last one", () => {
    const look = lookOf(2, { colour: Uint8Array.of(0, 1), alpha: 0.5 });
    const [red, green, blue, alpha] = at(paint(screenOf([20.5, 20.5], [20.5, 20.5]), look), 20, 20);
    expect(red).toBe(blue);
    expect([red, green]).toEqual([128, 0]);
    expect(alpha).toBe(191);
  });
  it("get darker the more points there are, far beyond where they cover everything", () => {
    const seen = [1, 2, 5, 20, 100, 900].map((count) => {
      const same = Array.from({ length: count }, () => 20.5);
      return at(paint(screenOf(same, same), lookOf(count)), 20, 20);
    });
    const dark = seen.map(([red = 0, , , alpha = 0]) => (255 - red) * (alpha / 255) + alpha);
    expect(dark).toEqual([...dark].sort((one, other) => one - other));
    expect(new Set(dark).size).toBe(dark.length);
  });
  it("stay right with a million points in one place", () => {
    const screen = {
      count: 1e6,
      x: new Float32Array(1e6).fill(20.5),
      y: new Float32Array(1e6).fill(20.5),
      near: null,
    };
    const [red, green, blue, alpha] = at(paint(screen, lookOf(1e6, { size: 2 }), { moving: true }), 20, 20);
    expect([red, green, blue, alpha]).toEqual([128, 0, 0, 255]);
  });
  it("take points outside, and half outside, and those that are nowhere", () => {
    const pixels = paint(screenOf([-1, 1e9, Number.NaN, -500, 61], [20, 20, 20, Infinity, 20]), lookOf(5));
    expect(at(pixels, 0, 20)[3]).toBeGreaterThan(0);
    expect(at(pixels, 59, 20)[3]).toBeGreaterThan(0);
    expect(pixels.filter(Boolean).length).toBeLessThan(30);
  });
  it("are none without points or without room", () => {
    expect(paint(screenOf([], []), lookOf(0)).some(Boolean)).toBe(false);
    expect(paint(screenOf([1], [1]), lookOf(1), { width: 0, height: 0 })).toHaveLength(0);
  });
});

describe("layers", () => {
  const same = [20.5, 20.5, 20.5];
  it("put points that stand back below, and thin, however many they are", () => {
    const count = 500;
    const many = Array.from({ length: count }, () => 20.5);
    const faded = new Uint8Array(count).fill(FADED);
    expect(at(paint(screenOf(many, many), lookOf(count, { faded })), 20, 20)[3]).toBeLessThan(0.25 * 255);
    faded[7] = 0;
    const colour = new Uint8Array(count);
    colour[7] = 1;
    const [red, , blue] = at(
      paint(screenOf(many, many), lookOf(count, { faded, colour, alpha: 0.9 })),
      20,
      20,
    );
    expect(blue).toBeGreaterThan(240);
    expect(red).toBeLessThan(15);
  });
  it("leave hidden points out", () => {
    const look = lookOf(3, { faded: new Uint8Array(3).fill(HIDDEN) });
    expect(paint(screenOf(same, same), look).some(Boolean)).toBe(false);
  });
  it("let near points cover far ones", () => {
    const look = lookOf(2, { colour: Uint8Array.of(0, 1), alpha: 0.9 });
    const [red = 0, , blue = 0] = at(paint(screenOf([20.5, 20.5], [20.5, 20.5], [1, 0]), look), 20, 20);
    expect(red).toBeGreaterThan(8 * blue);
  });
  it("draw near points larger", () => {
    const width = (near: number) =>
      paint(screenOf([20.5], [20.5], [near]), lookOf(1, { size: 8 })).filter(Boolean).length;
    expect(width(1)).toBeGreaterThan(1.5 * width(0));
  });
});

describe("a crowd", () => {
  const count = 60_000;
  const next = random(3);
  const x = Array.from({ length: count }, () => next() * 60);
  const y = Array.from({ length: count }, () => next() * 40);
  it("drawn in a hurry is as dense as drawn with care", () => {
    const screen = screenOf(x, y);
    const look = lookOf(count, { alpha: 0.02, size: 6 });
    const mean = (pixels: Uint32Array) =>
      pixels.reduce((sum, pixel) => sum + (pixel >>> 24), 0) / pixels.length;
    const [quick, careful] = [mean(paint(screen, look, { moving: true })), mean(paint(screen, look))];
    expect(Math.abs(quick / careful - 1)).toBeLessThan(0.02);
  });
  it("drawn in a hurry puts every point on the pixels of its disc", () => {
    // One point is alone at the left; all others are together, so that there are too many to be drawn with care.
    const wide = screenOf([10.5, ...x.map(() => 45.5)], [20.5, ...y.map(() => 20.5)]);
    const pixels = paint(wide, lookOf(count + 1, { size: 6 }), { moving: true });
    const left = [...pixels.keys()].filter((i) => i % size.width < 30 && pixels[i]);
    const wanted = rowsOfDisc(6).flatMap(([row, first, end]) =>
      Array.from({ length: end - first }, (_, k) => (20 + row) * size.width + 10 + first + k),
    );
    expect(left).toEqual([...wanted].sort((one, other) => one - other));
  });
  it("has discs as round as pixels allow", () => {
    for (const across of [1, 2, 3, 4, 7, 12]) {
      const cells = rowsOfDisc(across).reduce((sum, [, first, end]) => sum + end - first, 0);
      const middle = across % 2 ? 0.5 : 0;
      let wanted = 0;
      for (let row = -8; row < 8; row++)
        for (let column = -8; column < 8; column++)
          if (Math.hypot(row + 0.5 - middle, column + 0.5 - middle) < across / 2) wanted++;
      expect(cells).toBe(wanted);
    }
  });
});

describe("a picture that goes by whole pixels", () => {
  const next = random(17);
  const [right, down] = [120, 90];
  const some = (count: number, side: number) =>
    Array.from({ length: count }, () => (next() * 2 - 0.5) * side);
  /** Draw, and go on by these pixels, one after the other; beside it what is drawn anew. */
  function gone(count: number, look: Look, ways: [number, number][], moving = false) {
    const [x, y] = [some(count, right), some(count, down)];
    const room = { width: right, height: down, dense: 1, moving };
    const one = raster();
    one.paint(screenOf(x, y), look, room);
    let [gx, gy] = [0, 0];
    for (const way of ways) {
      [gx, gy] = [gx + way[0], gy + way[1]];
      const there = screenOf(
        x.map((value) => value + gx),
        y.map((value) => value + gy),
      );
      const went = one.paint(there, look, { ...room, gone: way });
      const anew = raster().paint(there, look, room);
      const most = anew.reduce((sum, pixel, i) => {
        const [a, b] = [channels(pixel), channels(went[i] as number)];
        return Math.max(sum, ...a.map((value, k) => Math.abs(value - (b[k] as number))));
      }, 0);
      expect(most, `after ${way}`).toBeLessThanOrEqual(1);
    }
  }
  const ways: [number, number][] = [
    ...([
      [5, 0],
      [-3, 0],
      [0, 4],
      [0, -6],
      [0, 0],
    ] as [number, number][]),
    ...([
      [7, 9],
      [-8, 2],
      [3, -11],
      [-1, -1],
      [119, 89],
      [-200, 3],
      [2, 300],
    ] as [number, number][]),
  ];
  it("is as if it were drawn anew", () => {
    gone(400, lookOf(400, { colour: Uint8Array.from({ length: 400 }, (_, i) => i % 3) }), ways);
  });
  it("is so with points that stand back, and without hidden ones", () => {
    gone(
      300,
      lookOf(300, { faded: Uint8Array.from({ length: 300 }, (_, i) => [0, FADED, HIDDEN][i % 3] ?? 0) }),
      ways,
    );
  });
  it("is so with a crowd that is drawn in a hurry", () => {
    gone(
      90_000,
      lookOf(90_000, { size: 7, alpha: 0.02 }),
      [
        [6, -4],
        [-9, 13],
      ],
      true,
    );
  });
});

describe("tones", () => {
  it("are a point's own alpha for one point", () => {
    expect(tone(1, toneNumbers(0.6))).toEqual([expect.closeTo(0.6, 9), 0]);
  });
  it("never fall", () => {
    const all = Array.from({ length: 400 }, (_, i) => tone(1.03 ** i, toneNumbers(0.35)));
    for (let i = 1; i < all.length; i++)
      for (const k of [0, 1] as const) expect(all[i]?.[k]).toBeGreaterThanOrEqual(all[i - 1]?.[k] as number);
  });
});
