import { borders, isoLines, type Line } from "../../js/src/widgets/saliency_overlay/contour";

const fieldOf = (width: number, height: number, value: (x: number, y: number) => number) =>
  Float32Array.from({ length: width * height }, (_, i) =>
    value((i % width) + 0.5, Math.floor(i / width) + 0.5),
  );
const closed = (line: Line) => line[0] === line.at(-2) && line[1] === line.at(-1);
const places = (line: Line) =>
  Array.from({ length: line.length / 2 }, (_, i) => [line[2 * i], line[2 * i + 1]] as [number, number]);
/** Twice the area that closed lines go around, with their sense. */
const area = (line: Line) => {
  const all = places(line);
  return all.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = all[(i + 1) % all.length] as [number, number];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
};

describe("lines of one level", () => {
  it("around a round hill are a circle", () => {
    const values = fieldOf(64, 64, (x, y) => -Math.hypot(x - 30, y - 34));
    const lines = isoLines(values, 64, 64, -12);
    expect(lines).toHaveLength(1);
    const [ring] = lines as [Line];
    expect(closed(ring)).toBe(true);
    for (const [x, y] of places(ring)) expect(Math.hypot(x - 30, y - 34)).toBeCloseTo(12, 1);
    expect(Math.abs(area(ring))).toBeCloseTo(Math.PI * 144, -1);
  });
  it("of a slope are straight and end at the rim", () => {
    const lines = isoLines(
      fieldOf(10, 6, (x) => x),
      10,
      6,
      4.25,
    );
    expect(lines).toHaveLength(1);
    expect(places(lines[0] as Line).map(([x]) => x)).toEqual(Array(6).fill(expect.closeTo(4.25, 5)));
    expect(closed(lines[0] as Line)).toBe(false);
  });
  it("are one for each hill, and none above them", () => {
    const hills = fieldOf(40, 20, (x, y) =>
      Math.max(5 - Math.hypot(x - 10, y - 10), 4 - Math.hypot(x - 30, y - 10)),
    );
    expect(isoLines(hills, 40, 20, 1)).toHaveLength(2);
    expect(isoLines(hills, 40, 20, 4)).toHaveLength(1);
    expect(isoLines(hills, 40, 20, 6)).toHaveLength(0);
  });
  it("at a saddle join or part as its middle says", () => {
    const saddle = (high: number) => Float32Array.of(high, 0, 0, high);
    // The corners that are high are upper left and lower right.
    const apart = isoLines(saddle(1.5), 2, 2, 1).map((line) => places(line));
    const joined = isoLines(saddle(9), 2, 2, 1).map((line) => places(line));
    const near = (line: [number, number][], x: number, y: number) =>
      Math.max(...line.map((place) => Math.hypot(place[0] - x, place[1] - y))) < 1;
    expect(apart.some((line) => near(line, 0.5, 0.5))).toBe(true);
    expect(joined.some((line) => near(line, 1.5, 0.5))).toBe(true);
    expect(joined.some((line) => near(line, 0.5, 0.5))).toBe(false);
  });
  it("stay away from what is not known", () => {
    const values = fieldOf(10, 6, (x) => x);
    values[2 * 10 + 4] = Number.NaN;
    const all = isoLines(values, 10, 6, 4.25).flatMap(places);
    expect(all.length).toBeGreaterThan(0);
    expect(all.every(([, y]) => y <= 1.5 || y >= 3.5)).toBe(true);
  });
});

describe("borders", () => {
  it("of one pixel are its four edges", () => {
    const [line, ...more] = borders((i) => i === 5, 4, 3);
    expect(more).toHaveLength(0);
    expect(places(line as Line).slice(0, -1)).toHaveLength(4);
    expect(Math.abs(area(line as Line))).toBe(1);
    expect(new Set(places(line as Line).map(String))).toEqual(new Set(["1,1", "2,1", "2,2", "1,2"]));
  });
  it("go around all that is inside, with the holes in it", () => {
    let seed = 7;
    const next = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    for (let round = 0; round < 20; round++) {
      const inside = Array.from({ length: 12 * 9 }, () => next() < 0.5);
      const lines = borders((i) => inside[i] ?? false, 12, 9);
      expect(lines.every(closed)).toBe(true);
      // Outer lines go one way around and holes the other: what is left is what is inside.
      expect(lines.reduce((sum, line) => sum + area(line), 0)).toBe(inside.filter(Boolean).length);
    }
  });
  it("are as short as their corners allow", () => {
    const [line] = borders((i) => i % 40 < 30, 40, 20);
    expect(places(line as Line).length).toBeLessThanOrEqual(6);
  });
});
