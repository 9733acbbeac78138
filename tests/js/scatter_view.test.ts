import widget from "../../js/src/widgets/embedding_scatter";
import type { FakeModel } from "./fake";
import { categories, cloudOf, numbers, PLACES, packed, scatter, TEXTS } from "./scatter_fake";

const WIDE = 400;
const HIGH = 300;

/** A real render of the widget in a room of 400 × 300, and what a person finds in it. */
function open(model: FakeModel = scatter(), el = document.createElement("div")) {
  const life = new AbortController();
  document.body.append(el);
  const sides = { clientWidth: WIDE, clientHeight: HIGH };
  const spies = Object.entries(sides).map(([name, side]) =>
    vi.spyOn(HTMLElement.prototype, name as "clientWidth", "get").mockReturnValue(side),
  );
  const { render } = widget as { render(props: object): void };
  render({ model, el, signal: life.signal });
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
    life.abort();
    el.remove();
  });
  const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
  const seen = (selector: string) => all(selector).filter((one) => !one.closest("[hidden]"));
  const cloud = all(".xai-cloud")[0] as HTMLElement;
  const pointer = (type: string, [x, y]: number[], more: PointerEventInit = {}) =>
    cloud.dispatchEvent(
      new PointerEvent(`pointer${type}`, {
        ...{ clientX: x ?? 0, clientY: y ?? 0, pointerId: 1, buttons: 1, bubbles: true },
        ...more,
      }),
    );
  const named = () => seen(".xai-stop").map((one) => one.getAttribute("aria-label") ?? "")[0] ?? "";
  /** Where a person finds each point by moving over the cloud. */
  function places(): number[][] {
    const found: number[][] = [];
    for (let x = 2; x < WIDE; x += 6)
      for (let y = 2; y < HIGH; y += 6) {
        pointer("move", [x, y]);
        const point = TEXTS.findIndex((text) => named().startsWith(text));
        if (point >= 0) found[point] ??= [x + 4, y + 4];
      }
    pointer("leave", [0, 0]);
    return found;
  }
  return {
    ...{ el, life, model, all, seen, cloud, pointer, named, places },
    text: (selector: string) =>
      seen(selector)
        .map(({ textContent }) => textContent)
        .join(" "),
    click(at: number[] | undefined, more: PointerEventInit = {}) {
      pointer("down", at ?? [], more);
      pointer("up", at ?? [], more);
    },
    drag(way: number[][], more: PointerEventInit = {}) {
      pointer("down", way[0] ?? [], more);
      for (const at of way) pointer("move", at, more);
      pointer("up", way.at(-1) ?? [], more);
    },
    press: (key: string, more: KeyboardEventInit = {}) =>
      cloud.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more })),
    select: (caption: string) =>
      all("label")
        .find((label) => label.textContent?.startsWith(caption))
        ?.querySelector("select") as HTMLSelectElement,
    field: (label: string) => all(`input[aria-label="${label}"]`)[0] as HTMLInputElement,
    button: (label: string) =>
      seen("button").find((one) => (one.getAttribute("aria-label") ?? one.textContent) === label) as
        | HTMLButtonElement
        | undefined,
    key: (label: string) =>
      seen(".xai-swatch").find((one) => one.textContent?.startsWith(label)) as HTMLButtonElement,
  };
}

const settled = (ms = 0) => new Promise((done) => setTimeout(done, ms));
const type = (field: HTMLInputElement | HTMLSelectElement, value: string, event = "input") => {
  field.value = value;
  field.dispatchEvent(new Event(event, { bubbles: true }));
};
const enter = (field: HTMLElement) =>
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
const selected = (model: FakeModel) => {
  const { data } = model.get("selected") as { data?: DataView<ArrayBuffer> };
  return data ? [...new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4)] : [];
};
const questions = (model: FakeModel, kind: string) =>
  (model.sent as { kind: string; id: string; question: { kind: string; points?: number[] } }[]).filter(
    (one) => one.kind === "ask" && one.question.kind === kind,
  );

const AROUND = [2, 2, WIDE / 2, 2, WIDE / 2, HIGH - 2, 2, HIGH - 2];
const pairs = (flat: number[]) => flat.flatMap((_, i) => (i % 2 ? [] : [flat.slice(i, i + 2)]));

describe("the head", () => {
  it("says how much of the variance the axes have", () => {
    expect(open().text(".xai-readout")).toBe("50% + 25% = 75% of variance");
  });
  it("says how far t-SNE is, and its divergence", () => {
    const objective = [
      [0, 3],
      [50, 2],
      [100, 1.234],
    ];
    const more = {
      method: "tsne",
      iteration: 250,
      iterations: 750,
      complete: false,
      explained: [],
      objective,
    };
    const view = open(scatter({ projection: "tsne", busy: true, _cloud: cloudOf(PLACES, more) }));
    expect(view.text(".xai-readout")).toBe("iteration 250 of 750 · KL 1.23");
    expect(view.seen(".xai-curve")[0]?.title).toContain("3.00");
    view.button("Stop")?.click();
    expect(view.model.sent.at(-1)).toEqual({ kind: "stop" });
    view.model.receive({ busy: false });
    return settled().then(() => {
      view.button("Resume")?.click();
      expect(view.model.sent.at(-1)).toEqual({ kind: "resume" });
    });
  });
  it("writes projection, dimensions, colours and perplexity", () => {
    const view = open(scatter({ projection: "tsne" }));
    type(view.select("Projection"), "pca", "change");
    type(view.select("Colour"), "distortion", "change");
    view.button("3D")?.click();
    type(view.all("input[type=number]")[0] as HTMLInputElement, "1", "change");
    expect(view.model.saved).toEqual([
      { projection: "pca" },
      { color_by: "distortion" },
      { dims: 3 },
      { perplexity: 1 },
    ]);
  });
  it("writes no perplexity that is none, and none that so few points don't allow", () => {
    const view = open(scatter({ projection: "tsne" }));
    const field = view.all("input[type=number]")[0] as HTMLInputElement;
    type(field, "0", "change");
    type(field, "", "change");
    expect(view.model.saved).toEqual([]);
    type(field, "50", "change");
    expect(view.model.saved).toEqual([{ perplexity: Number(field.max) }]);
  });
  it("writes a learning rate that is one, and none for an empty field", () => {
    const view = open(scatter({ projection: "tsne", learning_rate: 200 }));
    const field = view.all("input[type=number]")[1] as HTMLInputElement;
    expect([field.value, field.placeholder]).toEqual(["200", "auto"]);
    for (const wrong of ["0", "-5"]) {
      type(field, wrong, "change");
      expect(field.value).toBe("200");
    }
    expect(view.model.saved).toEqual([]);
    type(field, "12.5", "change");
    type(field, "", "change");
    expect(view.model.saved).toEqual([{ learning_rate: 12.5 }, { learning_rate: null }]);
    expect(open().seen("input[type=number]")).toEqual([]);
  });
  it("does not name the only colour of a page that nobody can change", () => {
    const offline = scatter({ color_by: "none", _colours: {} });
    Object.assign(offline, { offline: true });
    const view = open(offline);
    expect(view.text(".xai-settings .xai-method-name")).toBe("");
    const coloured = scatter();
    Object.assign(coloured, { offline: true });
    expect(open(coloured).text(".xai-settings .xai-method-name")).toBe("Kind");
  });
  it("puts rings around points and takes them away", async () => {
    const view = open();
    const face = () => view.button("Halo: a ring around points that cannot be believed where they are");
    expect([face()?.getAttribute("aria-pressed"), view.text(".xai-halos")]).toEqual(["false", ""]);
    face()?.click();
    expect(view.model.saved).toEqual([{ halo: true }]);
    const codes = packed("uint8", [0, 0, 0, 127, 0, 0]);
    view.model.receive({ _halo: { data: 1, run: 1, codes } });
    await settled();
    expect(face()?.getAttribute("aria-pressed")).toBe("true");
    expect(view.text(".xai-halos")).toBe("Ring: distortion0.30≥ 0.50");
    view.pointer("move", view.places()[3] ?? []);
    expect(view.named()).toContain("Distortion 0.50");
    face()?.click();
    expect(view.model.saved.at(-1)).toEqual({ halo: false });
  });
  it("has no rings to offer in a page where there are none", () => {
    const offline = scatter();
    Object.assign(offline, { offline: true });
    expect(open(offline).seen("button[title^=Halo]")).toEqual([]);
  });
  it("does not offer what is not installed", () => {
    const umap = open().select("Projection").options[2];
    expect([umap?.disabled, umap?.title]).toEqual([true, "Missing."]);
  });
  it("leaves points that lie as given their dimensions", () => {
    const view = open(scatter({ projection: "given" }));
    expect([view.button("2D")?.disabled, view.button("3D")?.disabled]).toEqual([false, true]);
  });
});

describe("points", () => {
  it("lie beside what stands over the cloud: none is under the score or under the tools", () => {
    const corners = [-1, -0.33, 0.33, 1].flatMap((x) => [-0.8, 0.8].map((y) => [x, y]));
    const view = open(scatter({ _cloud: cloudOf(corners) }));
    const found: number[][] = [];
    for (let x = 2; x < WIDE; x += 4)
      for (let y = 2; y < HIGH; y += 4) {
        view.pointer("move", [x, y]);
        if (view.named()) found.push([x, y]);
      }
    const ups = found.map(([, y]) => y as number);
    // Ten pixels around each point find it; the score stands in the upper 50, the tools in the lower 42.
    expect(Math.min(...ups) + 10).toBeGreaterThan(50);
    expect(Math.max(...ups) - 10).toBeLessThan(HIGH - 42);
    expect(Math.max(...ups) - Math.min(...ups)).toBeGreaterThan(190);
  });
  it("are seen with the ways of chosen ones through all layers", async () => {
    const view = open(scatter({ _layers: ["one", "two"] }));
    const before = view.places();
    const ways = packed("float32", [-1, 0.5, 4, 2], [2, 1, 2]);
    view.model.receive({ _trails: { data: 1, run: 1, points: [3], positions: ways } });
    await settled(500);
    const after = view.places();
    const wide = (places: number[][]) => (places[2]?.[0] ?? 0) - (places[0]?.[0] ?? 0);
    // The way leads two and a half times as far as the points are wide.
    expect(wide(after) / wide(before)).toBeCloseTo(2 / 5, 1);
    view.model.receive({ _trails: {} });
    await settled(500);
    expect(view.places()).toEqual(before);
  });
  it("are gone when others take their place, until it is known where those lie", async () => {
    const view = open(scatter({ selected: packed("uint32", [3]) }));
    expect(view.places()).toHaveLength(6);
    view.model.receive({ _cloud: {}, _texts: {}, selected: {}, busy: true });
    await settled();
    expect([view.places(), view.text(".xai-nothing")]).toEqual([[], "computing…"]);
    const two = { data: 2, run: 1, count: 2 };
    const places = PLACES.slice(0, 2);
    view.model.receive({
      _cloud: cloudOf(places, two),
      _texts: { data: 2, texts: ["one catfish", "a dog"] },
    });
    await settled();
    expect(view.places().filter(Boolean)).toHaveLength(2);
    // The colours are still those of the old points.
    expect(view.seen(".xai-swatch")).toEqual([]);
  });
  it("are found where they lie: the upper row is above, the right ones are right", () => {
    const at = open().places();
    expect(at).toHaveLength(6);
    const [first = [], , third = [], fourth = []] = at;
    expect(fourth[1]).toBeLessThan(first[1] as number);
    expect(third[0]).toBeGreaterThan(first[0] as number);
  });
  it("say their text, number and category", () => {
    const view = open();
    const [, , , fourth] = view.places();
    view.pointer("move", fourth as number[]);
    expect(view.text(".xai-tip")).toBe("the seaPoint 3 · Kind sea");
    view.pointer("leave", [0, 0]);
    expect(view.seen(".xai-tip")).toEqual([]);
  });
  it("are chosen by a click, and no longer by another", () => {
    const view = open();
    const at = view.places();
    view.click(at[4]);
    expect(view.model.saved).toEqual([{ point: 4 }]);
    view.click(at[4]);
    expect(view.model.get("point")).toBe(null);
    view.click(at[1]);
    view.click([WIDE / 2 - 60, HIGH / 2]);
    expect(view.model.get("point")).toBe(null);
  });
  it("are added to the selection, and taken from it, by clicks with Ctrl", async () => {
    const view = open();
    const at = view.places();
    view.click(at[4], { ctrlKey: true });
    await settled();
    view.click(at[1], { metaKey: true });
    await settled();
    expect(selected(view.model)).toEqual([1, 4]);
    view.click(at[4], { ctrlKey: true });
    expect(selected(view.model)).toEqual([1]);
    expect(view.model.get("point")).toBe(null);
  });
  it("that no longer fit in the view are not there", () => {
    expect(open(scatter({ _cloud: cloudOf([]) })).text(".xai-nothing")).toBe("There are no points.");
  });
  it("can be one alone", () => {
    const view = open(
      scatter({ _cloud: cloudOf([[0, 0]]), _colours: {}, _texts: { data: 1, texts: ["a cat"] } }),
    );
    view.click([WIDE / 2, HIGH / 2]);
    expect(view.model.get("point")).toBe(0);
  });
});

describe("a point that is out of sight", () => {
  it("comes into view when it is chosen elsewhere", async () => {
    const view = open();
    for (let i = 0; i < 12; i++) view.press("ArrowRight", { shiftKey: true });
    expect(view.places()[0]).toBeUndefined();
    view.model.receive({ point: 0 });
    await settled(700);
    expect(view.places()[0]).toBeDefined();
  });
});

describe("what a drag does", () => {
  it("is said: it moves what is flat and turns what is deep", async () => {
    const view = open();
    expect(view.button("Drag moves the view")).toBeDefined();
    const deep = PLACES.map(([x = 0, y = 0]) => [x, y, 0.5]);
    view.model.receive({ dims: 3, _cloud: cloudOf(deep, { run: 2 }) });
    await settled();
    expect(view.button("Drag moves the view")).toBeUndefined();
    expect(view.button("Drag turns the cloud (with the right button it moves)")?.title).toContain("turns");
    expect(view.button("Drag selects with a box")).toBeDefined();
  });
});

describe("keys on the cloud", () => {
  it("walk to the nearest point in their direction, and each is spoken by another element", () => {
    const view = open(scatter({ point: 1 }));
    const active = () => view.cloud.getAttribute("aria-activedescendant");
    view.press("ArrowRight");
    expect(view.named()).toBe("a dog, Point 1, Kind animal");
    const first = active();
    view.press("ArrowRight");
    expect(view.named()).toContain("Point 2");
    expect(active()).not.toBe(first);
    view.press("ArrowUp");
    expect(view.named()).toContain("Point 5, Kind not known");
    view.press("ArrowLeft");
    view.press("ArrowLeft");
    view.press("ArrowDown");
    expect(view.named()).toContain("Point 0");
    view.press("ArrowLeft");
    expect(view.named()).toContain("Point 0");
  });
  it("choose with Enter and select with Space", () => {
    const view = open(scatter({ point: 1 }));
    view.press("ArrowRight");
    view.press("ArrowRight");
    view.press("Enter");
    expect(view.model.get("point")).toBe(2);
    view.press(" ");
    expect(selected(view.model)).toEqual([2]);
  });
  it("leave, one after the other: the point walked to, the chosen one, the selection", () => {
    const view = open(scatter({ point: 1, selected: packed("uint32", [2]) }));
    view.press("ArrowRight");
    view.press("Escape");
    expect([view.named(), view.model.get("point")]).toEqual(["", 1]);
    view.press("Escape");
    expect([view.model.get("point"), selected(view.model)]).toEqual([null, [2]]);
    view.press("Escape");
    expect(view.model.get("selected")).toEqual({});
  });
  it("are one tab stop", () => {
    const view = open();
    expect(view.all(".xai-plot [tabindex='0']")).toEqual([view.cloud]);
    expect(view.press("Tab")).toBe(true);
  });
});

describe("a selection", () => {
  it("is what a lasso holds, in order, and is counted and listed", async () => {
    const view = open();
    view.drag(pairs(AROUND), { shiftKey: true });
    await settled();
    const held = selected(view.model);
    expect(held).toContain(0);
    expect(held).toContain(3);
    expect(held).not.toContain(2);
    expect(held).toEqual([...held].sort());
    expect(view.text(".xai-held-count")).toBe(`${held.length} of 6 selected`);
    expect(view.text(".xai-held-list .xai-point-name")).toBe(held.map((one) => TEXTS[one]).join(" "));
  });
  it("is what a box holds, with its tool", async () => {
    const view = open();
    view.button("Drag selects with a box")?.click();
    view.drag([
      [WIDE / 2 + 40, 2],
      [WIDE - 2, HIGH - 2],
    ]);
    expect(selected(view.model)).toEqual([2, 5]);
  });
  it("can be written from Python, and cleared here", async () => {
    const view = open();
    view.model.receive({ selected: packed("uint32", [3, 5]) });
    await settled();
    expect(view.text(".xai-held-count")).toBe("2 of 6 selected");
    expect(view.text(".xai-held .xai-point")).toBe("the seasea one catfish");
    view.button("Clear the selection (Escape)")?.click();
    await settled();
    expect(view.model.get("selected")).toEqual({});
    expect(view.text(".xai-held-count")).toBe("");
  });
  it("lists the first hundred and counts the rest", () => {
    const places = Array.from({ length: 300 }, (_, i) => [Math.cos(i), Math.sin(i)]);
    const chosen = packed("uint32", [...places.keys()].slice(0, 150));
    const view = open(scatter({ _cloud: cloudOf(places), _colours: {}, selected: chosen }));
    expect(view.seen(".xai-held-list .xai-point")).toHaveLength(100);
    expect(view.text(".xai-held-list .xai-caption")).toBe("and 50 more");
  });
});

describe("the legend", () => {
  it("counts the points of each category, and those of none", () => {
    expect(
      open()
        .seen(".xai-swatch")
        .map(({ textContent }) => textContent),
    ).toEqual(["animal3", "sea2", "not known1"]);
  });
  it("hides a category, which is then not found by the pointer", async () => {
    const view = open();
    view.key("sea").click();
    expect(view.model.get("hidden")).toEqual([1]);
    await settled();
    const found = Object.keys(view.places()).map(Number);
    expect(found).toEqual([0, 1, 2, 5]);
    view.key("sea").click();
    expect(view.model.get("hidden")).toEqual([]);
  });
  it("leaves one alone with Shift, and brings all back with it again", async () => {
    const view = open();
    const shift = () =>
      view.key("sea").dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true }));
    shift();
    expect(view.model.get("hidden")).toEqual([0, -1]);
    await settled();
    shift();
    expect(view.model.get("hidden")).toEqual([]);
  });
  it("hides nothing of another colouring", () => {
    const view = open(scatter({ hidden: [1] }));
    type(view.select("Colour"), "none", "change");
    expect(view.model.saved).toEqual([{ color_by: "none", hidden: [] }]);
  });
  it("admits that colours repeat", () => {
    const labels = Array.from({ length: 30 }, (_, i) => `kind ${i}`);
    const view = open(scatter({ _colours: categories([0, 1, 2, 3, 4, 29], labels) }));
    expect(view.text(".xai-colours-head")).toContain("24 colours for 30 categories");
    expect(view.seen(".xai-swatch")).toHaveLength(30);
  });
  it("shows numbers by their ends, and how many are not known", () => {
    const view = open(
      scatter({ color_by: "distortion", _colours: numbers([0, 127, 254, 255, 255, 0], 0, 0.5) }),
    );
    expect(view.text(".xai-colours .xai-scale-ticks > span:nth-child(odd)")).toBe("0.000 0.500");
    expect(view.text(".xai-swatch")).toBe("not known2");
  });
  it("is not there while the colours are those of other points", async () => {
    const view = open();
    view.model.receive({ _cloud: cloudOf(PLACES.slice(1), { data: 2 }) });
    await settled();
    expect(view.seen(".xai-colours")).toEqual([]);
  });
  it("is dark at the end that cannot be believed, whichever way it is counted", () => {
    const ends = (name: string) => {
      const view = open(scatter({ _colours: { ...numbers([0, 1, 2, 3, 4, 5], 0, 1), name } }));
      const bar = view.all(".xai-colours .xai-scale-bar")[0]?.style.background ?? "";
      const colours = [...bar.matchAll(/rgb\([^)]*\)/g)].map(String);
      return [colours[0], colours.at(-1)];
    };
    expect(ends("distortion")[0]).not.toBe(ends("distortion")[1]);
    expect(ends("trustworthiness")).toEqual(ends("distortion").reverse());
  });
});

describe("a search", () => {
  it("finds texts and categories without regard to case, and says how many", async () => {
    const view = open();
    type(view.field("Find points"), "CAT");
    await settled(200);
    expect(view.model.saved).toEqual([{ search: "CAT" }]);
    expect(view.text("[role=search] [role=status]")).toBe("3 found");
    view.button("Select them")?.click();
    expect(selected(view.model)).toEqual([0, 2, 5]);
    view.model.receive({ search: "sea" });
    await settled();
    view.button("Select them")?.click();
    expect(selected(view.model)).toEqual([3, 4]);
  });
  it("asks the kernel where the texts are not here", async () => {
    const view = open(scatter({ _texts: {} }));
    view.model.receive({ search: "whale" });
    await settled();
    const [asked] = questions(view.model, "search");
    expect(asked?.question).toEqual({ kind: "search", text: "whale" });
    const { data, dtype, shape } = packed("uint32", [1, 4]);
    view.model.hear({ kind: "answer", id: asked?.id, dtype, shape }, [data]);
    await settled();
    expect(view.text("[role=search] [role=status]")).toBe("2 found");
  });
});

describe("a chosen point", () => {
  const near = { data: 1, run: 1, point: 0, true: [1, 3], distances: [0.5, 0.75], false: [4] };
  const lists = (view: ReturnType<typeof open>) =>
    view.seen(".xai-near").map(({ textContent }) => textContent);
  it("has its nearest in the data beside it, and those that only seem near", () => {
    const view = open(scatter({ point: 0, _near: near }));
    expect(lists(view)).toEqual([
      "Nearest in the dataa dog0.500the sea0.750",
      "Near only in the picturea boatsea",
    ]);
    view.seen(".xai-near button")[1]?.click();
    expect(view.model.get("point")).toBe(3);
  });
  it("says of others what they are to it", () => {
    const view = open(scatter({ point: 0, _near: near }));
    view.press("ArrowRight");
    view.press("ArrowRight");
    expect(view.named()).toContain("neighbour 1 in the data, distance 0.500");
    view.press("ArrowUp");
    expect(view.named()).toContain("near only in the picture");
  });
  it("has no false neighbours in another picture than they were found in", () => {
    const view = open(scatter({ point: 0, _near: { ...near, run: 9 } }));
    expect(lists(view)).toHaveLength(1);
  });
  it("waits for its neighbours, and says so without a kernel", () => {
    const view = open(scatter({ point: 2, _near: near }));
    expect(view.text(".xai-side")).toContain("Looking for its neighbours");
    const alone = open(Object.assign(scatter({ point: 2 }), { offline: true }));
    expect(alone.text(".xai-side")).toContain("Run the cell again");
  });
  it("asks for the names that are not here, once", async () => {
    const view = open(scatter({ point: 0, _near: near, _texts: {} }));
    const [asked, ...more] = questions(view.model, "texts");
    expect(asked?.question.points).toEqual([0, 1, 3, 4]);
    // Then those that have room for a name in the cloud.
    expect(more.flatMap(({ question }) => question.points).sort()).toEqual([2, 5]);
    view.model.hear({ kind: "answer", id: asked?.id, texts: ["zero", "one", "three", "four"] });
    await settled();
    expect(view.text(".xai-side-name")).toBe("zero");
    expect(lists(view)[0]).toBe("Nearest in the dataone0.500three0.750");
  });
});

describe("the badge", () => {
  const score = {
    ...{ data: 1, run: 1, metric: "cosine", k: 15, trustworthiness: [0.937, 0.012], continuity: [0.968, 0] },
    known: 0.25,
  };
  it("says how far the picture can be believed, and on demand what that means", () => {
    const view = open(scatter({ _score: score }));
    expect(view.text(".xai-badge")).toBe("trustworthiness .94 ± .01 · continuity .97");
    view.seen(".xai-badge")[0]?.click();
    expect(view.text(".xai-badge-more")).toMatch(/15 points.*cosine, k = 15.*25.0% of the points/);
  });
  it("is not there for another picture", () => {
    expect(open(scatter({ _score: { ...score, run: 7 } })).seen(".xai-verdict")).toEqual([]);
  });
  it("has a dash for what cannot be measured", () => {
    const none = { ...score, trustworthiness: [null, null], continuity: [null, null] };
    expect(open(scatter({ _score: none })).text(".xai-badge")).toBe("trustworthiness – · continuity –");
  });
});

describe("layers and what is dropped in", () => {
  it("writes the layer that the slider stands on, and says its name", async () => {
    const view = open(scatter({ _layers: ["words", "first", "second"], layer: 2 }));
    const range = view.all("input[type=range]")[0] as HTMLInputElement;
    expect(view.text(".xai-layer-name")).toBe("second");
    type(range, "1");
    expect(view.model.saved).toEqual([{ layer: 1 }]);
    await settled();
    expect(range.getAttribute("aria-valuetext")).toBe("first");
  });
  it("has no slider for one layer, and no field where nothing can be dropped in", () => {
    const view = open();
    expect(view.seen("input[type=range], .xai-field-wide")).toEqual([]);
  });
  it("writes what is typed on Enter, lists its nearest, and takes it away", async () => {
    const view = open(scatter({ _drops: "text" }));
    const field = view.field("Drop in a text");
    field.value = " a whale ";
    enter(field);
    expect(view.model.saved).toEqual([{ drop: "a whale" }]);
    const position = [0.2, 0.1];
    view.model.receive({
      _dropped: { data: 1, run: 1, text: "a whale", position, near: [5, 3], distances: [0.1, 0.2] },
    });
    await settled();
    expect(view.text(".xai-side .xai-point")).toBe("one catfish0.100 the sea0.200");
    view.button("Take it away")?.click();
    expect(view.model.get("drop")).toBe("");
  });
});

describe("linked scatters", () => {
  it("select the same points, by index and text", async () => {
    const [one, other] = [open(scatter({ group: "s1" })), open(scatter({ group: "s1", _colours: {} }))];
    const stranger = open(
      scatter({ group: "s1", _texts: { data: 1, texts: TEXTS.map((text) => `${text}!`) } }),
    );
    one.click(one.places()[4], { ctrlKey: true });
    await settled();
    expect([selected(other.model), selected(stranger.model)]).toEqual([[4], []]);
    one.press("Escape");
    expect([selected(one.model), selected(other.model)]).toEqual([[], []]);
  });
  it("are not linked with tokens", () => {
    const view = open(scatter({ group: "s2" }));
    const detail = { group: "s2", from: "x", axis: "token", kind: "select", indices: [0], names: ["a cat"] };
    const place = (globalThis as unknown as Record<symbol, EventTarget>)[Symbol.for("xaiwidgets.bus")];
    place?.dispatchEvent(new CustomEvent("xaiwidgets", { detail }));
    expect(selected(view.model)).toEqual([]);
  });
});

describe("without a kernel", () => {
  it("an exported page names what is shown and offers nothing that nobody can do", () => {
    const view = open(Object.assign(scatter(), { offline: true }));
    expect(view.seen("select, input[type=number], .xai-segment")).toEqual([]);
    expect(view.text(".xai-head .xai-method-name")).toBe("PCA Kind");
    view.drag(pairs(AROUND), { shiftKey: true });
    expect(selected(view.model).length).toBeGreaterThan(0);
  });
  it("a dead one is said, and controls rest", async () => {
    const view = open(Object.assign(scatter(), { comm_live: true }));
    Object.assign(view.model, { comm_live: false });
    view.model.tell("comm_live_update");
    await settled(10);
    expect(view.text("[role=alert]")).toBe("The kernel has restarted: run the cell again.");
    expect(view.seen("select").every((one) => (one as HTMLSelectElement).disabled)).toBe(true);
  });
});

describe("a view", () => {
  it("speaks Chinese", () => {
    const view = open(scatter({ language: "zh" }));
    expect(view.text(".xai-readout")).toBe("方差的 50% + 25% = 75%");
    expect(view.field("查找点")).toBeDefined();
  });
  it("tells what was left out, and what went wrong", () => {
    const notes = ["2 rows were left out."];
    const view = open(scatter({ _cloud: cloudOf(PLACES, { notes }), _fault: { message: "No such layer." } }));
    expect(view.text(".xai-notes")).toBe("2 rows were left out.");
    expect(view.text("[role=alert]")).toBe("No such layer.");
  });
  it("shows texts as texts", () => {
    const texts = ["<img src=x onerror=alert(1)>", ...TEXTS.slice(1)];
    const view = open(scatter({ point: 0, _texts: { data: 1, texts } }));
    expect(view.text(".xai-side-name")).toBe(texts[0]);
    expect(view.all("img")).toEqual([]);
  });
  it("leaves nothing behind", () => {
    const view = open();
    view.life.abort();
    expect([view.model.listening(), view.el.children.length]).toEqual([0, 0]);
  });
});
