import { speech } from "../../js/src/core/words";
import { known } from "../../js/src/widgets/embedding_scatter/known";
import { pictures } from "../../js/src/widgets/embedding_scatter/pictures";
import type { FakeModel } from "./fake";
import { asModel, cloudOf, packed, scatter } from "./scatter_fake";

/** Strips whose bitmaps know which they are, and what was drawn of them on which canvas. */
function drawn() {
  const calls: { strip: number; top: number; on: HTMLCanvasElement }[] = [];
  vi.stubGlobal("createImageBitmap", async (file: Blob) => ({
    strip: new Uint8Array(await file.arrayBuffer())[0],
    close() {},
  }));
  const spy = vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (
    this: HTMLCanvasElement,
  ) {
    const drawImage = ({ strip }: { strip: number }, _left: number, top: number) =>
      calls.push({ strip, top, on: this });
    return { drawImage } as unknown as CanvasRenderingContext2D;
  } as unknown as typeof HTMLCanvasElement.prototype.getContext);
  onTestFinished(() => {
    vi.unstubAllGlobals();
    spy.mockRestore();
  });
  return calls;
}

const COUNT = 100;
/** A page of 100 points in which every third has a picture, but four cannot be read; 3 × 5 pixels, or 2 × 1. */
const POINTS = Array.from({ length: COUNT }, (_, i) => i);
const there = (points: number[], more: object = {}) => ({
  ...{ data: 1, cell: 8, unread: 0 },
  points: packed("uint32", points),
  sizes: packed(
    "uint8",
    points.flatMap((point) => (point % 2 ? [2, 1] : [3, 5])),
    [points.length, 2],
  ),
  strips: [7, 9].map((mark) => new DataView(Uint8Array.of(mark).buffer)),
  ...more,
});
const page = (told: object, more: object = {}) =>
  scatter({ _cloud: cloudOf(POINTS.map((i) => [Math.cos(i), Math.sin(i)])), _pictures: told, ...more });

function open(model: FakeModel, ask = vi.fn(() => new Promise<never>(() => {})), can = () => false) {
  const state = known(asModel(model));
  state.take(new Set(["_cloud"] as const));
  const heard = vi.fn();
  const questions = { ask, update() {} };
  const shown = pictures({ t: speech("en"), model: asModel(model), state, questions, can, heard });
  return { shown, ask, heard, state };
}
const settled = () => new Promise((done) => setTimeout(done, 5));

describe("pictures that a page carries", () => {
  it("are cut out of their strips, each in its own size", async () => {
    const calls = drawn();
    const { shown, heard } = open(page(there(POINTS)));
    for (const point of [0, 63, 64, 99]) shown.want(point);
    await settled();
    expect(calls.map(({ strip, top }) => [strip, top])).toEqual([
      [7, -0],
      [7, -8 * 63],
      [9, -0],
      [9, -8 * 35],
    ]);
    expect(calls.map(({ on }) => [on.width, on.height])).toEqual([
      [3, 5],
      [2, 1],
      [3, 5],
      [2, 1],
    ]);
    expect(calls.map(({ on }) => on)).toEqual([0, 63, 64, 99].map((point) => shown.of(point)));
    expect(heard).toHaveBeenCalledTimes(4);
  });
  it("are no others' where there is no room for all", async () => {
    const calls = drawn();
    const { shown } = open(page(there([4, 50, 98])));
    for (const point of [0, 49, 50, 99]) shown.want(point);
    await settled();
    expect(calls.map(({ top }) => top)).toEqual([-8]);
    expect([0, 49, 99].map((point) => shown.of(point))).toEqual([null, null, null]);
  });
  it("are cut once and asked of nobody", async () => {
    const calls = drawn();
    const { shown, ask } = open(page(there(POINTS)), undefined, () => true);
    shown.want(5);
    shown.want(5);
    await settled();
    shown.want(5);
    await settled();
    expect([calls.length, ask.mock.calls.length]).toEqual([1, 0]);
  });
  it("are not those of other points", async () => {
    drawn();
    const { shown } = open(page(there(POINTS, { data: 2 })));
    shown.want(5);
    await settled();
    expect([shown.of(5), shown.note()]).toEqual([null, ""]);
  });
  it("are counted where they are not all", () => {
    drawn();
    const note = (told: object) => open(page(told)).shown.note();
    expect(note(there(POINTS))).toBe("");
    expect(note(there([4, 50, 98]))).toBe(
      "This page has the pictures of 3 of 100 points: all of them would take more than 2 MB.",
    );
    expect(note(there(POINTS.slice(2), { unread: 2 }))).toBe("2 pictures could not be read.");
    expect(note({ data: 1 })).toBe("");
    expect(note({})).toBe("");
  });
});

describe("pictures that are asked for", () => {
  const answer = () => ({ ...packed("uint8", [1, 2, 3, 4, 5, 6], [1, 2, 3]) });
  it("come from Python, one by one", async () => {
    let put: ImageData | undefined;
    const pen = {
      createImageData: (width: number, height: number) => ({
        data: new Uint8ClampedArray(4 * width * height),
      }),
      putImageData: (image: ImageData) => {
        put = image;
      },
    };
    const spy = vi
      .spyOn(HTMLCanvasElement.prototype, "getContext")
      .mockReturnValue(pen as unknown as CanvasRenderingContext2D);
    onTestFinished(() => spy.mockRestore());
    const ask = vi.fn(async () => answer());
    const { shown } = open(page({ data: 1 }), ask as never, () => true);
    shown.want(5);
    await settled();
    expect(ask.mock.calls).toEqual([[{ kind: "picture", point: 5 }]]);
    expect([...(put as ImageData).data]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
    expect(shown.of(5)?.tagName).toBe("CANVAS");
  });
  it("say why they cannot be seen, and are asked for again where a newer question took their place", async () => {
    const ask = vi.fn(async ({ point }: { point: number }) => {
      throw point ? new Error("images[5] cannot be shown") : new DOMException("", "AbortError");
    });
    const { shown } = open(page({ data: 1 }), ask as never, () => true);
    for (const point of [5, 5, 0]) shown.want(point);
    await settled();
    expect(shown.of(5)?.textContent).toBe("images[5] cannot be shown");
    shown.want(0);
    await settled();
    expect(ask.mock.calls.map(([{ point }]) => point)).toEqual([5, 0, 0]);
  });
  it("are asked for where there are any, and somebody to ask", async () => {
    const nobody = open(page({ data: 1 }));
    nobody.shown.want(5);
    const none = open(page({}), undefined, () => true);
    none.shown.want(5);
    await settled();
    expect([...nobody.ask.mock.calls, ...none.ask.mock.calls]).toEqual([]);
  });
});
