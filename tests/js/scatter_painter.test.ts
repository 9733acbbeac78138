import { panned, project, whole, zoomed } from "../../js/src/widgets/embedding_scatter/camera";
import { painter } from "../../js/src/widgets/embedding_scatter/painter";
import { HIDDEN, type Look, pointsOf } from "../../js/src/widgets/embedding_scatter/points";
import { boxOf } from "../../js/src/widgets/embedding_scatter/spatial";
import { hasGpu, isGpu } from "../../js/src/widgets/embedding_scatter/webgl";

const points = pointsOf(Float32Array.of(-0.5, 0, 0.5, 0, 0.5, 0.5), 2);
const look: Look = {
  ...{ colour: new Uint8Array(3), palette: new Uint32Array(256).fill(0xff0000ff) },
  ...{ size: 6, alpha: 0.8, faded: null, ink: 0xff000000 },
};
const camera = whole(400, 300);
const where = (i: number, seen = camera): [number, number] => {
  const { x, y } = project(points, seen);
  return [x[i] as number, y[i] as number];
};

/** What a canvas would get, where the tests have none. */
function watchCanvases(cannot = false) {
  const drawn: ImageData[] = [];
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
  const pen = { putImageData: (image: ImageData) => drawn.push(image), setTransform() {}, clearRect() {} };
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(((kind: string) =>
    kind === "2d" && !cannot ? pen : null) as never);
  onTestFinished(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
  return drawn;
}

/** Comes into view and leaves it as it is told. */
function watchSight() {
  const told: ((entries: { isIntersecting: boolean }[]) => void)[] = [];
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(tell: (typeof told)[0]) {
        told.push(tell);
      }
      observe() {}
      disconnect() {}
    },
  );
  return (isIntersecting: boolean) => {
    for (const tell of told) tell([{ isIntersecting }]);
  };
}
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));

describe("a painter", () => {
  it("finds the point under the pointer, and what a box holds, as soon as it knows the points", () => {
    const view = painter();
    expect(view.pick(10, 10, 5)).toBe(-1);
    expect(view.within(boxOf(0, 0, 400, 300))).toHaveLength(0);
    view.paint(points, look, camera, false);
    const [x, y] = where(1);
    expect(view.pick(x + 3, y - 2, 5)).toBe(1);
    expect(view.pick(x + 8, y, 5)).toBe(-1);
    expect([...view.within(boxOf(200, 0, 400, 300))]).toEqual([1, 2]);
    expect(view.around(x, y, 500)).toEqual([1, 2, 0]);
    view.dispose();
  });
  it("finds them where they are now: after a zoom, other points, and when some are hidden", () => {
    const view = painter();
    view.paint(points, look, camera, false);
    const before = where(2);
    expect(view.pick(...before, 4)).toBe(2);
    const close = zoomed(camera, 3, 200, 150);
    view.paint(points, look, close, true);
    expect(view.pick(...before, 4)).toBe(-1);
    expect(view.pick(...where(1, zoomed(camera, 1.2)), 4)).toBe(-1);
    view.paint(points, { ...look, faded: Uint8Array.of(0, 0, HIDDEN) }, camera, false);
    expect(view.pick(...before, 4)).toBe(-1);
    view.paint(pointsOf(Float32Array.of(0.5, 0.5), 2), { ...look, colour: new Uint8Array(1) }, camera, false);
    expect(view.pick(...before, 4)).toBe(0);
    view.dispose();
  });
  it("draws in the next frame, once for many wishes, with the last of them", async () => {
    const drawn = watchCanvases();
    const sight = watchSight();
    const view = painter({ gpu: false });
    sight(true);
    view.paint(points, look, whole(100, 80), false);
    view.paint(points, look, whole(200, 160), false);
    await frame();
    expect(drawn.map(({ width, height }) => [width, height])).toEqual([[200, 160]]);
    expect(drawn[0]?.data.some((value) => value > 0)).toBe(true);
    view.dispose();
  });
  it("draws nothing out of sight, and everything when it comes into view", async () => {
    const drawn = watchCanvases();
    const sight = watchSight();
    const view = painter({ gpu: false });
    view.paint(points, look, camera, false);
    sight(false);
    await frame();
    expect(drawn).toHaveLength(0);
    sight(true);
    await frame();
    expect(drawn).toHaveLength(1);
    view.dispose();
    sight(true);
    await frame();
    expect(drawn).toHaveLength(1);
  });
  it("draws with one pixel to a CSS pixel while it moves, and in full at rest", async () => {
    const drawn = watchCanvases();
    const sight = watchSight();
    vi.stubGlobal("devicePixelRatio", 2);
    const view = painter({ gpu: false });
    sight(true);
    view.paint(points, look, whole(100, 80), true);
    await frame();
    expect(drawn.map(({ width }) => width)).toEqual([100]);
    await vi.waitFor(() => expect(drawn.map(({ width }) => width)).toEqual([100, 200]));
    view.dispose();
  });
  it("draws what a hand drags as if it were drawn anew", async () => {
    const drawn = watchCanvases();
    const sight = watchSight();
    const view = painter({ gpu: false });
    sight(true);
    let at = whole(100, 80);
    view.paint(points, look, at, false);
    await frame();
    for (const [right, down] of [
      [30, -12],
      [-41, 20],
    ] as const) {
      at = panned(at, right, down);
      view.paint(points, look, at, true);
      await frame();
      const other = painter({ gpu: false });
      sight(true);
      other.paint(points, look, at, true);
      await frame();
      const [went, anew] = drawn.splice(-2).map(({ data }) => [...data]) as [number[], number[]];
      expect(went.some((value) => value > 0)).toBe(true);
      expect(Math.max(...went.map((value, i) => Math.abs(value - (anew[i] as number))))).toBeLessThanOrEqual(
        1,
      );
      other.dispose();
    }
    view.dispose();
  });
  it("draws itself where WebGL is refused", async () => {
    const drawn = watchCanvases();
    const sight = watchSight();
    const view = painter({ gpu: true });
    sight(true);
    view.paint(points, look, camera, false);
    await frame();
    expect(drawn.length).toBe(1);
    view.dispose();
  });
  it("says what lies over the cloud where the points are", async () => {
    watchCanvases();
    const sight = watchSight();
    const seen: [number, number][] = [];
    const view = painter({ gpu: false, over: (_, at) => seen.push(at(1)) });
    sight(true);
    view.paint(points, look, camera, false);
    await frame();
    view.refresh();
    await frame();
    expect(seen).toEqual([where(1), where(1)]);
    view.dispose();
  });
});

describe("renderers", () => {
  it.each([
    "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
    "Google SwiftShader",
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0)",
    "Mesa OffScreen",
    "",
  ])("that only imitate a GPU are none: %s", (name) => expect(isGpu(name)).toBe(false));
  it.each([
    "ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0, D3D11)",
    "ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)",
    "Mesa Intel(R) UHD Graphics 620 (KBL GT2)",
  ])("are used where they are real: %s", (name) => expect(isGpu(name)).toBe(true));
  it("are none where there is no WebGL", () => expect(hasGpu()).toBe(false));
});
