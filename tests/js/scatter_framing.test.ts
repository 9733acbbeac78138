import { project, turned } from "../../js/src/widgets/embedding_scatter/camera";
import { holding, home } from "../../js/src/widgets/embedding_scatter/framing";
import { pointsOf } from "../../js/src/widgets/embedding_scatter/points";

/** As large as in a notebook's cell, and as narrow. */
const VIEWS = [
  { width: 352, height: 318, over: 50, under: 46 },
  { width: 712, height: 422, over: 36, under: 46 },
  { width: 1032, height: 556, over: 36, under: 46 },
];

/** Points all over a disc or a ball. */
function round(dims: 2 | 3) {
  const numbers: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const up = dims === 3 ? 1 - (2 * (i + 0.5)) / 2000 : 0;
    const far = Math.sqrt(1 - up * up);
    numbers.push(far * Math.cos(2.4 * i), far * Math.sin(2.4 * i), ...(dims === 3 ? [up] : []));
  }
  return pointsOf(Float32Array.from(numbers), dims);
}

function bounds(points: ReturnType<typeof round>, camera: ReturnType<typeof home>) {
  const { x, y } = project(points, camera);
  return {
    left: Math.min(...x),
    right: Math.max(...x),
    top: Math.min(...y),
    bottom: Math.max(...y),
  };
}

describe.each(VIEWS)("all points in $width × $height", ({ width, height, over, under }) => {
  it.each([2, 3] as const)("of %i dimensions are beside what stands over them", (dims) => {
    const points = round(dims);
    const { left, right, top, bottom } = bounds(points, home(points, null, { width, height }));
    expect(left).toBeGreaterThan(0);
    expect(right).toBeLessThan(width);
    expect(top).toBeGreaterThan(over);
    expect(bottom).toBeLessThan(height - under + 1);
    // And no smaller than need be.
    expect(bottom - top).toBeGreaterThan(0.8 * (height - over - under - 10));
  });
  it("stay so while a hand turns them", () => {
    const points = round(3);
    let camera = home(points, null, { width, height });
    for (let turn = 0; turn < 12; turn++) {
      camera = turned(camera, 37, turn < 6 ? 20 : -20);
      const { top, bottom } = bounds(points, camera);
      expect(top).toBeGreaterThan(over);
      expect(bottom).toBeLessThan(height - under + 1);
    }
  });
});

describe("ways through layers", () => {
  it("are in view with the points, flat and deep", () => {
    for (const dims of [2, 3] as const) {
      const points = round(dims);
      const ways = pointsOf(Float32Array.from(dims === 3 ? [1.6, 0, 0] : [1.6, 0]), dims);
      const camera = home(points, ways, { width: 700, height: 400 });
      for (const some of [points, ways]) {
        const { left, right } = bounds(some, camera);
        expect(left).toBeGreaterThan(0);
        expect(right).toBeLessThan(700);
      }
    }
  });
});

describe("a point", () => {
  const points = pointsOf(Float32Array.from([0, 0, 0.5, 0.5]), 2);
  const near = { ...home(points, null, { width: 400, height: 300 }), x: 0, y: 0, zoom: 40 };
  it("that is out of sight comes into the middle", () => {
    const { x, y } = project(points, holding(near, points, 1));
    expect([x[1], y[1]].map((one) => Math.round(one as number))).toEqual([200, 150]);
  });
  it("that is in sight already moves nothing, nor does none", () => {
    for (const point of [0, -1, 7]) expect(holding(near, points, point)).toBe(near);
  });
});
