import { joinBus } from "../../js/src/core/bus";
import {
  bytes,
  estimateOf,
  modelOf,
  overlay,
  panelOf,
  pictureOf,
  regionsOf,
  VALUES,
  verdict,
} from "./saliency_fake";
import { open, settled } from "./saliency_open";

async function opened(model = overlay()) {
  const view = open(model);
  await settled();
  return view;
}
const said = ({ seen }: { seen(selector: string): HTMLElement[] }, selector: string) =>
  seen(selector).map(({ textContent }) => textContent);

describe("a saliency overlay", () => {
  it("says what the model says, and how far the map is", async () => {
    const view = await opened();
    expect(said(view, ".xai-score-name")).toEqual(["cat", "dog", "sea"]);
    expect(view.text(".xai-readout")).toBe("7 evaluations · ±2.0%");
    expect(view.text(".xai-state")).toBe("done");
  });
  it("tells those who don't see it what is strongest", async () => {
    const { stages } = await opened();
    expect(stages()[0]?.getAttribute("aria-label")).toBe(
      "picture 1. Occlusion · cat. Strongest: a +0.500 ± 0.0100, f −0.400 ± 0.0100, e +0.300 ± 0.0100",
    );
  });
  it("reads the place that the keyboard is at", async () => {
    const view = await opened();
    expect(view.text(".xai-place")).toContain("arrow keys");
    view.key("ArrowRight");
    view.key("ArrowRight");
    view.key("ArrowUp");
    expect(view.text(".xai-place")).toBe("+0.100 ± 0.0100 · rank 3 of 6 · x 5, y 1 · c");
    view.key("Escape");
    expect(view.text(".xai-place")).toContain("arrow keys");
  });
  it("speaks steps of the keyboard once they rest", async () => {
    const view = await opened();
    view.key("ArrowRight");
    expect(said(view, ".xai-place-line .xai-spoken")).toEqual([""]);
    await new Promise((done) => setTimeout(done, 350));
    expect(view.text(".xai-place-line .xai-spoken")).toContain("rank");
  });
  it("chooses regions, and lets all go with Escape", async () => {
    const { key, toFirst, model } = await opened();
    toFirst();
    key("Enter");
    expect(model.saved.at(-1)).toEqual({ selected: [0] });
    key("ArrowRight");
    key("Enter");
    expect(model.get("selected")).toEqual([0, 1]);
    key("Enter");
    expect(model.get("selected")).toEqual([0]);
    key("Escape");
    key("Escape");
    expect(model.get("selected")).toEqual([]);
  });
  it("is heard and hears in its group", async () => {
    const { key, toFirst, model, text, receive } = await opened(overlay({ group: "g" }));
    const heard: unknown[] = [];
    const names = ["a", "b", "c", "other", "e", "f"];
    const end = new AbortController();
    onTestFinished(() => end.abort());
    const bus = joinBus({
      group: () => "g",
      nameOf: (i) => names[i],
      hear: (kind, indices) => heard.push([kind, indices]),
      signal: end.signal,
    });
    toFirst();
    key("Enter");
    expect(heard.slice(-2)).toEqual([
      ["hover", [0]],
      ["select", [0]],
    ]);
    key("Escape");
    bus.hover([2]);
    expect(text(".xai-place")).toContain("+0.100");
    bus.hover([3]);
    expect(text(".xai-place")).not.toContain("rank");
    bus.select([4]);
    await receive({});
    expect(model.get("selected")).toEqual([4]);
  });
});

describe("how it looks", () => {
  it("is written back", async () => {
    const { seen, choose, model } = await opened();
    seen(".xai-look .xai-segment")[1]?.click();
    expect(model.saved.at(-1)).toEqual({ view: "contour" });
    choose(".xai-look select", "viridis");
    expect(model.saved.at(-1)).toEqual({ colormap: "viridis" });
  });
  it("follows a thumb at once, and tells the kernel when it rests", async () => {
    const { seen, model } = await opened();
    const before = model.saved.length;
    const thumb = seen(".xai-range")[0] as HTMLInputElement;
    for (const value of ["40", "30", "20"]) {
      thumb.value = value;
      thumb.dispatchEvent(new Event("input"));
    }
    expect(model.get("opacity")).toBe(0.2);
    expect(model.saved.length).toBe(before);
    thumb.dispatchEvent(new Event("change"));
    expect(model.saved.slice(before)).toEqual([{ opacity: 0.2 }]);
  });
  it("is what Python sets", async () => {
    const { seen, receive } = await opened();
    await receive({ view: "mask", sign: "negative", threshold: 0.25 });
    expect(seen(".xai-segment[aria-pressed=true]").map((one) => one.textContent)).toEqual(["Mask"]);
    expect((seen(".xai-range")[1] as HTMLInputElement).value).toBe("25");
  });
  it("is put away by its tool", async () => {
    const { seen } = await opened();
    seen(".xai-tools .xai-tool")[0]?.click();
    expect(seen(".xai-look")).toEqual([]);
  });
  it("has no signs to choose where there are none", async () => {
    const { seen } = await opened(overlay({ _estimates: [estimateOf(1, VALUES, { signed: false })] }));
    const signs = seen(".xai-look select")[1] as HTMLSelectElement;
    expect(signs.disabled).toBe(true);
  });
});

describe("the legend", () => {
  it("has both ends, in numbers and words, and whether the values add up", async () => {
    const view = await opened(overlay({ smoothing: 0 }));
    expect(said(view, ".xai-legend-ends span")).toEqual(["against cat", "for cat"]);
    expect(said(view, ".xai-legend-ticks span")).toEqual(["−0.500", "0", "+0.500"]);
    expect(view.text(".xai-legend-note")).toBe("logit · sum of values +0.250 of +2.000");
  });
  it("shows the half that is looked at", async () => {
    const view = await opened(overlay({ smoothing: 0, sign: "negative" }));
    expect(said(view, ".xai-legend-ends span")).toEqual(["against cat", "no effect"]);
    expect(said(view, ".xai-legend-ticks span")).toEqual(["−0.500", "−0.250", "0"]);
    await view.receive({ sign: "absolute" });
    expect(said(view, ".xai-legend-ends span")).toEqual(["no effect", "strong effect"]);
    expect(said(view, ".xai-legend-ticks span")).toEqual(["0", "0.250", "0.500"]);
  });
});

describe("layers", () => {
  const cam = { panels: [panelOf(1, { method: "grad_cam" })] };
  it("are offered with their shapes where the method looks at one", async () => {
    const estimate = estimateOf(1, VALUES, { method: "grad_cam", layer: "late" });
    const { seen, choose, model } = await opened(overlay({ ...cam, _estimates: [estimate] }));
    const select = seen(".xai-head select")[1] as HTMLSelectElement;
    expect([...select.options].map(({ text }) => text)).toEqual([
      "usual · late",
      "early · 8 × 14 × 14",
      "late · 32 × 7 × 7",
    ]);
    select.value = "early";
    select.dispatchEvent(new Event("change"));
    expect(model.get("panels")).toEqual([panelOf(1, { method: "grad_cam", layer: "early" })]);
    choose(".xai-head select", "occlusion");
    await settled();
    expect(seen(".xai-head select").length).toBe(1);
  });
});

describe("several models", () => {
  it("can be asked in turn, by a method that the other one knows", async () => {
    const other = modelOf({ name: "other", methods: modelOf().methods.slice(1) });
    const { seen, model } = await opened(overlay({ _models: [modelOf(), other] }));
    const select = seen(".xai-head select")[1] as HTMLSelectElement;
    expect([...select.options].map(({ text }) => text)).toEqual(["net", "other"]);
    select.value = "1";
    select.dispatchEvent(new Event("change"));
    expect(model.get("panels")).toEqual([panelOf(1, { model: 1, method: "grad_cam" })]);
  });
});

describe("what went wrong", () => {
  it("is said in the cell, and what is known stays", async () => {
    const view = await opened(overlay({ _fault: { message: "The model raised OSError." } }));
    expect(said(view, ".xai-alert")).toEqual(["The model raised OSError."]);
    view.key("ArrowRight");
    expect(view.text(".xai-place")).toContain("rank");
  });
  it("is that the kernel is gone, and nothing can be asked", async () => {
    const model = overlay({ layout: { comm_live: false } });
    const view = await opened(model);
    expect(said(view, ".xai-alert")).toEqual(["The kernel has restarted: run the cell again."]);
    expect((view.all(".xai-add")[0] as HTMLButtonElement).disabled).toBe(true);
  });
  it("has text of a model as text alone", async () => {
    const estimate = estimateOf(1, VALUES, { target: "<img src=x onerror=alert(1)>" });
    const view = await opened(
      overlay({ _estimates: [estimate], _regions: regionsOf(1, { names: ["<b>"] }) }),
    );
    expect(view.all("img, b")).toEqual([]);
    expect(view.text(".xai-panel-name")).toContain("<img");
  });
});

describe("an exported page", () => {
  it("has nothing that needs a kernel", async () => {
    const frames = ["one", "two"].map((name) => ({ name, mime: "image/jpeg", data: bytes() }));
    const model = overlay({ live: false, _frames: frames });
    Object.assign(model, { offline: true });
    const view = await opened(model);
    expect(view.seen(".xai-head select, .xai-add, .xai-film, button.xai-score, .xai-button")).toEqual([]);
    view.key("ArrowRight");
    expect(view.text(".xai-place")).toContain("rank");
    view.seen(".xai-look .xai-segment")[2]?.click();
    await settled();
    expect(model.get("view")).toBe("mask");
  });
});

describe("what lasts", () => {
  it("goes with the view: nothing listens any more", async () => {
    const { life, model, el } = await opened();
    life.abort();
    expect(model.listening()).toBe(0);
    expect(el.children.length).toBe(0);
  });
  it("speaks Chinese", async () => {
    const view = await opened(overlay({ language: "zh" }));
    expect(view.text(".xai-place")).toBe("指向图片，或用方向键在其中移动");
  });
  it("says the badge of the active panel in the head", async () => {
    const view = await opened(overlay({ _estimates: [estimateOf(1, VALUES, { trust: verdict("none") })] }));
    expect(said(view, ".xai-head .xai-trust")).toEqual(["✕none 99 %"]);
    expect(said(view, ".xai-panel-head .xai-trust")).toEqual([]);
  });
  it("starts at the whole of another picture", async () => {
    const view = await opened();
    await view.receive({ _picture: pictureOf(2, { name: "a dog" }), _estimates: [], busy: true });
    expect(view.text(".xai-place")).toBe("computing…");
    expect(view.stages()[0]?.getAttribute("aria-label")).toContain("a dog");
  });
});
