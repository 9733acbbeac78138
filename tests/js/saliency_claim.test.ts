import { estimateOf, modelOf, overlay, packed, panelOf, pictureOf } from "./saliency_fake";
import { open, settled } from "./saliency_open";

const bitmap = { width: 6, height: 4, close() {} };
beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => bitmap);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

async function shown(state: Record<string, unknown> = {}, offline = false) {
  const model = Object.assign(overlay(state), offline ? { offline: true } : {});
  const page = open(model);
  await settled();
  const names = () =>
    page.seen(".xai-test > .xai-hand:first-child .xai-segment").map(({ textContent }) => textContent);
  const press = (name: string) =>
    page
      .seen(".xai-test button")
      .find(({ textContent }) => textContent === name)
      ?.click();
  const asked = () =>
    model.sent.flatMap((one) => {
      const { kind, question } = one as { kind: string; question: object };
      return kind === "ask" ? [question] : [];
    });
  return { ...page, names, press, asked, mode: () => page.stages()[0]?.dataset.mode };
}

const game = {
  ...{ panel: 1, picture: 1, run: 1, order: [0, 4, 2, 3, 1, 5], steps: [0, 3, 6], done: true },
  ...{ deletion: packed("float32", [3, 1, 0]), insertion: packed("float32", [0, 2, 3]) },
  ...{ random_deletion: null, random_insertion: null, deletion_area: null, insertion_area: null },
};

describe("the tests of a claim", () => {
  it("are closed at first, and open one at a time", async () => {
    const { names, press, mode, seen, asked } = await shown();
    expect(names()).toEqual(["Hide a part", "Deletion game", "Look inside"]);
    expect([seen(".xai-hide").length, seen(".xai-game").length, seen(".xai-inside").length]).toEqual([
      0, 0, 0,
    ]);
    expect([mode(), asked()]).toEqual(["look", []]);
    press("Hide a part");
    expect([mode(), seen(".xai-hide").length]).toEqual(["paint", 1]);
    press("Deletion game");
    expect([mode(), seen(".xai-hide").length, seen(".xai-game").length]).toEqual(["look", 0, 1]);
    press("Deletion game");
    expect(seen(".xai-game")).toEqual([]);
  });
  it("ask the kernel for the active panel", async () => {
    const { press, asked } = await shown();
    press("Deletion game");
    press("Play the game");
    press("Look inside");
    expect(asked()).toEqual([
      { kind: "game", panel: 1 },
      { kind: "features", panel: 1, layer: "" },
    ]);
  });
  it("hide a region with a click, which otherwise chooses it", async () => {
    const { press, toFirst, key, model, seen } = await shown();
    press("Hide a part");
    press("Region");
    toFirst();
    key("Enter");
    expect(model.get("selected")).toEqual([]);
    expect(seen(".xai-hide").at(0)?.textContent).toContain("16.7% of what the model sees is hidden");
    press("Look");
    key("Enter");
    expect(model.get("selected")).toEqual([0]);
  });
  it("say what lies over the picture, and whose legend that is not", async () => {
    const { press, model, seen, text } = await shown();
    press("Look inside");
    const { id } = model.sent.at(-1) as { id: string };
    const told = { kind: "answer", id, dtype: "uint8", shape: [1, 2, 2], layer: "late" };
    model.hear({ ...told, units: [17], contributions: [0.5], total: 32 }, [
      new DataView(Uint8Array.of(0, 85, 170, 255).buffer),
    ]);
    await settled();
    expect(seen(".xai-legend")).toHaveLength(1);
    seen(".xai-thumb")[0]?.click();
    expect(text(".xai-panel-name")).toContain("map 17 of late");
    expect(seen(".xai-legend")).toEqual([]);
  });
  it("are not there for finished numbers, nor what a model cannot do", async () => {
    expect((await shown({ live: false })).names()).toEqual([]);
    expect((await shown({ _models: [modelOf({ layers: [] })] })).names()).toEqual([
      "Hide a part",
      "Deletion game",
    ]);
    expect((await shown({ _models: [modelOf({ hides: false })] })).names()).toEqual(["Look inside"]);
  });
  it("keep a game that was played in an exported page, and offer nothing that needs a kernel", async () => {
    expect((await shown({}, true)).names()).toEqual([]);
    const { names, press, seen } = await shown({ _game: game }, true);
    expect(names()).toEqual(["Deletion game"]);
    press("Deletion game");
    expect(seen(".xai-band")).toHaveLength(1);
    expect(seen(".xai-test button").map(({ textContent }) => textContent)).not.toContain("Play the game");
  });
  it("drop a game that was played for older numbers", async () => {
    const { press, seen, receive } = await shown({ _game: game });
    press("Deletion game");
    expect(seen(".xai-band")).toHaveLength(1);
    await receive({ panels: [panelOf(1, { target: 1 })] });
    expect(seen(".xai-band")).toEqual([]);
    await receive({ _estimates: [estimateOf(1, [1, 2, 3, 4, 5, 6], { run: 2, targets: [1] })] });
    expect(seen(".xai-band")).toEqual([]);
    await receive({ _game: { ...game, run: 2 } });
    expect(seen(".xai-band")).toHaveLength(1);
  });
  it("wait for another picture's answers when the picture is another one", async () => {
    const { press, receive, asked } = await shown();
    press("Look inside");
    await receive({ _picture: pictureOf(2) });
    expect(asked()).toHaveLength(2);
  });
});
