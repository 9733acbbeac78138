import { estimateOf, modelOf, overlay, panelOf, VALUES, verdict } from "./saliency_fake";
import { open, settled } from "./saliency_open";

const REVERSED = [...VALUES].map((one) => -one);
const two = (more: object = {}) =>
  overlay({
    panels: [panelOf(), panelOf(2, { method: "saliency" })],
    _estimates: [estimateOf(), estimateOf(2, REVERSED, { method: "saliency" })],
    ...more,
  });
async function opened(model = two()) {
  const view = open(model);
  await settled();
  const names = () => view.all(".xai-panel-name").map(({ textContent }) => textContent);
  const figures = () => view.all(".xai-figure").map(({ textContent }) => textContent);
  return { ...view, names, figures };
}

describe("panels", () => {
  it("say method and target, and where they part comes last", async () => {
    const { names } = await opened();
    expect(names()).toEqual(["Occlusion · cat", "Gradient · cat", "Where they part"]);
  });
  it("name the model where there are several, the contrast, and a layer that was chosen", async () => {
    const of = (layer: string | null) =>
      overlay({
        _models: [modelOf(), modelOf({ name: "other" })],
        panels: [panelOf(1, { model: 1, method: "grad_cam", layer })],
        _estimates: [estimateOf(1, VALUES, { method: "grad_cam", contrast: "dog", layer: "late" })],
      });
    expect((await opened(of("late"))).names()).toEqual(["other · Grad-CAM · cat vs dog · late"]);
    expect((await opened(of(null))).names()).toEqual(["other · Grad-CAM · cat vs dog"]);
  });
  it("say what each tells of the region that the keyboard is at", async () => {
    const { toFirst, figures, text } = await opened();
    toFirst();
    expect(figures()[0]).toBe("+0.500 ± 0.0100 · rank 1 of 6");
    expect(figures()[1]).toBe("−0.500 ± 0.0100 · rank 6 of 6");
    expect(figures()[2]).toBe("ranks 100% apart");
    expect(text(".xai-place")).toBe("x 1, y 1 · a");
  });
  it("add the next method beside the one that is active", async () => {
    const { all, model } = await opened(overlay());
    all(".xai-add")[0]?.click();
    expect(model.saved.at(-1)).toEqual({ panels: [panelOf(), panelOf(2, { method: "grad_cam" })] });
    all(".xai-add")[0]?.click();
    const panels = model.get("panels") as { id: number; method: string }[];
    expect(panels.map(({ id, method }) => [id, method])).toEqual([
      [1, "occlusion"],
      [2, "grad_cam"],
      [3, "saliency"],
    ]);
  });
  it("close, never give an id again, and the last one stays", async () => {
    const { all, seen, model } = await opened();
    seen(".xai-panel-head .xai-tool")[1]?.click();
    await settled();
    expect(model.get("panels")).toEqual([panelOf()]);
    expect(seen(".xai-panel-head .xai-tool")).toEqual([]);
    all(".xai-add")[0]?.click();
    expect((model.get("panels") as { id: number }[]).map(({ id }) => id)).toEqual([1, 3]);
  });
  it("are asked one by one: the method picker and the scores are of the active one", async () => {
    const { all, choose, model } = await opened();
    all(".xai-panel-name")[1]?.click();
    choose(".xai-head select", "grad_cam");
    expect((model.get("panels") as { method: string }[]).map(({ method }) => method)).toEqual([
      "occlusion",
      "grad_cam",
    ]);
    all("button.xai-score")[1]?.click();
    expect((model.get("panels") as { target: unknown }[]).map(({ target }) => target)).toEqual([null, 1]);
  });
  it("have a badge each, whose sentence is read at a click", async () => {
    const { all, seen } = await opened(
      two({
        _estimates: [
          estimateOf(1, VALUES, { trust: verdict("better") }),
          estimateOf(2, REVERSED, { method: "saliency" }),
        ],
      }),
    );
    const [badge] = seen(".xai-panel-head .xai-trust");
    expect(badge?.textContent).toBe("✓better 99 %");
    badge?.click();
    expect(all(".xai-panel .xai-trust-why")[0]?.textContent).toBe("Why better.");
  });
  it("dim numbers that answer an older question", async () => {
    const { all, receive } = await opened();
    await receive({ panels: [panelOf(1, { target: "dog" }), panelOf(2, { method: "saliency" })] });
    expect(all(".xai-panel").map(({ dataset }) => dataset.stale)).toEqual(["true", "false", "false"]);
  });
  it("say alone why they could not be computed", async () => {
    const { seen, figures, toFirst } = await opened(failed());
    expect(seen(".xai-panel .xai-alert > div").map(({ textContent }) => textContent)).toEqual([
      "No gradient.",
    ]);
    toFirst();
    expect(figures()[0]).toContain("rank 1 of 6");
  });
});

const failed = (more: object = {}) =>
  two({
    _estimates: [
      estimateOf(),
      estimateOf(2, [], { method: "saliency", state: "failed", fault: "No gradient." }),
    ],
    ...more,
  });

describe("a panel that failed", () => {
  const button = ({ seen }: { seen(selector: string): HTMLElement[] }) =>
    seen(".xai-panel .xai-alert > button") as HTMLButtonElement[];

  it("is tried again by its button, and the keyboard stays in the panel", async () => {
    const view = await opened(failed());
    const [again] = button(view);
    expect([again?.textContent, again?.disabled, again?.tabIndex]).toEqual(["Try again", false, 0]);
    again?.focus();
    again?.click();
    expect(view.model.sent.at(-1)).toMatchObject({ kind: "ask", question: { kind: "again", panel: 2 } });
    expect(document.activeElement).toBe(view.stages()[1]);
    await view.receive({ _estimates: [estimateOf()], busy: true });
    expect(button(view)).toEqual([]);
    expect(view.seen(".xai-panel .xai-alert")).toEqual([]);
  });
  it("says what is missing where the kernel is gone, and asks nothing", async () => {
    const view = await opened(failed({ layout: { comm_live: false } }));
    const [again] = button(view);
    expect([again?.disabled, again?.title]).toEqual([true, "The kernel has restarted: run the cell again."]);
    again?.click();
    expect(view.model.sent).toEqual([]);
  });
  it("cannot be tried again in an exported page", async () => {
    const model = failed({ live: false });
    Object.assign(model, { offline: true });
    const view = await opened(model);
    expect(view.text(".xai-panel .xai-alert > div")).toBe("No gradient.");
    expect(button(view)).toEqual([]);
  });
});

describe("agreement", () => {
  it("is told pair by pair", async () => {
    const { text } = await opened();
    expect(text(".xai-pair")).toBe("Occlusion ↔ Gradient −1.00");
  });
  it("is not there for one panel", async () => {
    const { seen } = await opened(overlay());
    expect(seen(".xai-agreement")).toEqual([]);
  });
  it("can be put away and brought back", async () => {
    const { seen, names } = await opened();
    seen(".xai-panel-head .xai-tool").at(-1)?.click();
    expect(names()).toEqual(["Occlusion · cat", "Gradient · cat"]);
    seen(".xai-agreement .xai-link")[0]?.click();
    expect(names().length).toBe(3);
  });
});
