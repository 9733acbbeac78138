import { speech } from "../../js/src/core/words";
import { home } from "../../js/src/widgets/saliency_overlay/camera";
import type { Camera, Mode, Place, Scene } from "../../js/src/widgets/saliency_overlay/parts";
import { sheetOf } from "../../js/src/widgets/saliency_overlay/snapshot";
import { stage } from "../../js/src/widgets/saliency_overlay/stage";
import type { Picture, Regions } from "../../js/src/widgets/saliency_overlay/wire";

/** 80 × 60 pixels, of which the model sees the middle 60 × 60, on a stage of 400 × 300. */
const picture = {
  ...{ id: 1, name: "cat", width: 80, height: 60, box: [10, 0, 70, 60], seen: [30, 30] },
} as unknown as Picture;
const regions: Regions = { picture: 1, count: 9, grid: [3, 3], labels: null, names: [], absent: null };
const bitmap = { width: 80, height: 60 } as ImageBitmap;
const plain: Scene = {
  ...{ picture, bitmap, regions, heat: null, seen: null, cover: null, hovered: [], selected: [] },
  look: { view: "blend", colormap: "auto", opacity: 1, threshold: 0, sign: "both" },
};

let calls: [name: string, ...values: unknown[]][] = [];
let tell: (() => void)[] = [];
beforeEach(() => {
  [calls, tell] = [[], []];
  const pen = new Proxy({} as Record<string, unknown>, {
    get: (kept, name: string) =>
      name in kept ? kept[name] : (...values: unknown[]) => void calls.push([name, ...values]),
    set: (kept, name: string, value) => {
      kept[name] = value;
      if (name === "imageSmoothingEnabled") calls.push([name, value]);
      return true;
    },
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(300);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(told: () => void) {
        tell.push(told);
      }
      observe() {}
      disconnect() {}
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
const drawn = () => calls.filter(([name]) => name === "drawImage");

function shown(scene = plain, camera: Camera = home(picture)) {
  const heard = {
    at: [] as (Place | null)[],
    chosen: [] as Place[],
    strokes: [] as [Place[], boolean][],
    moved: 0,
  };
  let mode: Mode = "look";
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const view = stage({
    ...{ t: speech("en"), signal: gone.signal, camera, label: "Picture" },
    events: {
      mode: () => mode,
      at: (place) => heard.at.push(place),
      choose: (place) => heard.chosen.push(place),
      stroke: (places, done) => heard.strokes.push([places, done]),
      moved: () => {
        heard.moved++;
      },
    },
  });
  document.body.append(view.el);
  view.update(scene);
  for (const told of tell) told();
  const pointer = (type: string, x: number, y: number, more: PointerEventInit = {}) =>
    view.el.dispatchEvent(
      new PointerEvent(type, {
        clientX: x,
        clientY: y,
        pointerId: 1,
        bubbles: true,
        cancelable: true,
        ...more,
      }),
    );
  return {
    ...{ view, camera, heard, pointer, gone },
    key(key: string, more: KeyboardEventInit = {}) {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
      view.el.dispatchEvent(event);
      return event;
    },
    wheel(deltaY: number, more: WheelEventInit = {}) {
      // happy-dom's wheels have no place and no keys.
      const event = new WheelEvent("wheel", { deltaY, cancelable: true });
      const places = { clientX: 200, clientY: 150, ctrlKey: false, metaKey: false, ...more };
      for (const [name, value] of Object.entries(places)) Object.defineProperty(event, name, { value });
      view.el.dispatchEvent(event);
      return event;
    },
    drag(...way: [number, number][]) {
      const [first, ...on] = way as [[number, number], ...[number, number][]];
      pointer("pointerdown", ...first);
      for (const at of on) pointer("pointermove", ...at);
      pointer("pointerup", ...(way.at(-1) as [number, number]));
    },
    use(next: Mode) {
      mode = next;
    },
  };
}

describe("a pointer", () => {
  it("says which pixel and which region it is over", () => {
    const { pointer, heard } = shown();
    pointer("pointermove", 200, 150);
    expect(heard.at.at(-1)).toEqual({ x: 40, y: 30, region: 4 });
    pointer("pointermove", 60, 10);
    expect(heard.at.at(-1)).toEqual({ x: 12, y: 2, region: 0 });
    // Beside the box the model sees nothing.
    pointer("pointermove", 10, 10);
    expect(heard.at.at(-1)).toEqual({ x: 2, y: 2, region: null });
    pointer("pointerleave", 10, -5);
    expect(heard.at.at(-1)).toBeNull();
  });
  it("chooses by a click, and not by a drag", () => {
    const { drag, heard } = shown();
    drag([200, 150], [201, 151]);
    expect(heard.chosen.map(({ region }) => region)).toEqual([4]);
    drag([200, 150], [260, 150]);
    expect(heard.chosen).toHaveLength(1);
  });
  it("moves a picture that is larger than the stage, and no other", () => {
    const { drag, camera, wheel, heard } = shown();
    drag([200, 150], [260, 150]);
    expect(camera).toEqual(home(picture));
    wheel(-240, { ctrlKey: true });
    expect(camera.zoom).toBeCloseTo(2, 6);
    drag([200, 150], [230, 130]);
    // Ten pixels of the stage are one of the picture's.
    expect(camera.x).toBeCloseTo(40 - 3, 6);
    expect(camera.y).toBeCloseTo(30 + 2, 6);
    expect(heard.chosen).toHaveLength(0);
    expect(heard.moved).toBeGreaterThan(1);
  });
  it("paints where it goes, to the end of the stroke", () => {
    const { drag, heard, use, camera } = shown();
    use("paint");
    drag([100, 100], [110, 100], [120, 105]);
    expect(heard.strokes.map(([, done]) => done)).toEqual([false, false, false, true]);
    expect(heard.strokes.flatMap(([places]) => places).map(({ x, y }) => [x, y])).toEqual([
      [20, 20],
      [22, 20],
      [24, 21],
      [24, 21],
    ]);
    expect(heard.chosen).toHaveLength(0);
    expect(camera).toEqual(home(picture));
  });
  it("of a second finger ends the stroke and zooms", () => {
    const { pointer, heard, use, camera } = shown();
    use("paint");
    pointer("pointerdown", 150, 150);
    pointer("pointerdown", 250, 150, { pointerId: 2 });
    expect(heard.strokes.at(-1)?.[1]).toBe(true);
    pointer("pointermove", 350, 150, { pointerId: 2 });
    expect(camera.zoom).toBeCloseTo(2, 6);
    const strokes = heard.strokes.length;
    pointer("pointerup", 350, 150, { pointerId: 2 });
    pointer("pointermove", 160, 150);
    pointer("pointerup", 160, 150);
    expect(heard.strokes).toHaveLength(strokes);
  });
  it("shows all of the picture by a double click", () => {
    const { view, camera, wheel } = shown();
    wheel(-240, { ctrlKey: true });
    expect(camera.zoom).toBeGreaterThan(1);
    view.el.dispatchEvent(new MouseEvent("dblclick"));
    expect(camera).toEqual(home(picture));
  });
});

describe("a wheel", () => {
  it("scrolls the page, and zooms with Ctrl or ⌘ where the pointer is", () => {
    const { wheel, camera, pointer, heard } = shown();
    expect(wheel(-240).defaultPrevented).toBe(false);
    expect(camera.zoom).toBe(1);
    pointer("pointermove", 100, 100);
    const before = heard.at.at(-1);
    expect(wheel(-240, { metaKey: true, clientX: 100, clientY: 100 }).defaultPrevented).toBe(true);
    pointer("pointermove", 100, 100);
    expect(camera.zoom).toBeCloseTo(2, 6);
    expect(heard.at.at(-1)?.x).toBeCloseTo(before?.x as number, 6);
    expect(heard.at.at(-1)?.y).toBeCloseTo(before?.y as number, 6);
  });
});

describe("the keyboard", () => {
  it("walks from region to region, and chooses", () => {
    const { key, heard } = shown();
    for (const one of ["ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "Enter"]) key(one);
    expect(heard.at.map((place) => place?.region)).toEqual([4, 5, 2, 2]);
    expect(heard.at.at(-1)).toEqual({ x: 60, y: 10, region: 2 });
    expect(heard.chosen.map(({ region }) => region)).toEqual([2]);
    key("Escape");
    expect(heard.at.at(-1)).toBeNull();
  });
  it("walks over regions of any shape, one after the other", () => {
    const columns = Array.from({ length: 900 }, (_, i) => (i % 30 < 6 ? 0 : i % 30 < 20 ? 1 : 2));
    const labels = {
      dtype: "uint16" as const,
      shape: [30, 30],
      data: new DataView(Uint16Array.from(columns).buffer),
    };
    const { key, heard } = shown({ ...plain, regions: { ...regions, count: 3, grid: null, labels } });
    for (const one of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"]) key(one);
    expect(heard.at.map((place) => place?.region)).toEqual([1, 2, 2, 1, 0]);
  });
  it("paints in small steps", () => {
    const { key, heard, use } = shown();
    use("paint");
    key("ArrowRight");
    key("ArrowRight");
    const [first, second] = heard.at as [Place, Place];
    expect(second.x - first.x).toBeCloseTo(2, 6);
    key(" ");
    expect(heard.strokes).toEqual([[[second], true]]);
  });
  it("zooms, moves and shows all again", () => {
    const { key, camera } = shown();
    key("+");
    expect(camera.zoom).toBeCloseTo(1.5, 6);
    key("ArrowRight", { shiftKey: true });
    expect(camera.x).toBeGreaterThan(40);
    key("-");
    expect(camera.zoom).toBeCloseTo(1, 6);
    key("+");
    key("0");
    expect(camera).toEqual(home(picture));
  });
  it("leaves the keys of the notebook alone", () => {
    const { key } = shown();
    expect(key("a").defaultPrevented).toBe(false);
    expect(key("+", { ctrlKey: true }).defaultPrevented).toBe(false);
    expect(key("ArrowDown").defaultPrevented).toBe(true);
  });
  it("reaches the stage, which says what it is", () => {
    const { el } = shown().view;
    expect(el.tabIndex).toBe(0);
    expect(el.getAttribute("aria-label")).toBe("Picture");
  });
});

describe("what is painted", () => {
  it("is the part of the picture that is seen", async () => {
    const { camera, view } = shown();
    await frame();
    expect(drawn()[0]?.slice(2)).toEqual([0, 0, 80, 60, 0, 0, 400, 300]);
    calls = [];
    Object.assign(camera, { x: 20, y: 15, zoom: 2 });
    view.update(plain);
    await frame();
    expect(drawn()[0]?.slice(2)).toEqual([0, 0, 40, 30, 0, 0, 400, 300]);
  });
  it("has sharp pixels where they are much larger than the screen's", async () => {
    shown();
    await frame();
    expect(calls).toContainEqual(["imageSmoothingEnabled", false]);
    calls = [];
    const large = { ...picture, width: 4000, height: 3000, box: [0, 0, 4000, 3000] } as Picture;
    shown({ ...plain, picture: large, bitmap: { width: 4000, height: 3000 } as ImageBitmap }, home(large));
    await frame();
    expect(calls).toContainEqual(["imageSmoothingEnabled", true]);
  });
  it("is dense at rest, and less so while it moves", async () => {
    vi.stubGlobal("devicePixelRatio", 2);
    const { view, key } = shown();
    const [below] = view.el.querySelectorAll("canvas");
    await frame();
    expect(below?.width).toBe(800);
    key("+");
    await frame();
    expect(below?.width).toBe(400);
    await vi.waitFor(() => expect(below?.width).toBe(800));
  });
  it("is not painted again for the same scene, nor for a cross", async () => {
    const { view } = shown();
    await frame();
    calls = [];
    view.update(plain);
    view.update({ ...plain });
    view.point({ x: 3, y: 3, region: null });
    await frame();
    expect(drawn()).toHaveLength(0);
    expect(calls.some(([name]) => name === "stroke")).toBe(true);
  });
  it("shows what the model saw in the box", async () => {
    const seen = { width: 30, height: 30 } as ImageBitmap;
    shown({ ...plain, seen });
    await frame();
    expect(drawn().map(([, one, ...rest]) => [one, ...rest])).toContainEqual([
      seen,
      0,
      0,
      30,
      30,
      50,
      0,
      300,
      300,
    ]);
  });
  it("is nothing any more once the view is gone", async () => {
    const { gone, view } = shown();
    await frame();
    calls = [];
    gone.abort();
    view.update({ ...plain, look: { ...plain.look, opacity: 0.1 } });
    await frame();
    expect(calls).toEqual([]);
  });
});

describe("a saved picture", () => {
  it("has every pixel of the picture, up to what a file can hold", () => {
    const one = sheetOf({ width: 4000, height: 3000 }, 1);
    expect(one.wide * one.dense).toBeCloseTo(4000, 6);
    const four = sheetOf({ width: 4000, height: 3000 }, 4);
    expect(four.columns).toBe(2);
    expect(Math.max(four.width, four.height) * four.dense).toBeCloseTo(8192, 6);
  });
  it("has whole pixels of a small picture, large enough to be read", () => {
    const { wide, high, dense } = sheetOf({ width: 32, height: 24 }, 2);
    expect(wide * dense).toBeCloseTo(768, 6);
    expect(high * dense).toBeCloseTo(576, 6);
  });
});
