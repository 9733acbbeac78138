import { joinBus } from "../../js/src/core/bus";
import widget from "../../js/src/widgets/feature_bars";
import { FakeModel } from "./fake";

const SVG = "http://www.w3.org/2000/svg";

function bargroup(): SVGElement {
  const group = document.createElementNS(SVG, "g");
  group.setAttribute("class", "bargroup");
  return group;
}

/** A VBox as ipywidgets lays it out, with bqplot's bars (one g.bargroup a bar) and the bridge beside them. */
function open(features: number[][], names: string[][]) {
  const box = document.createElement("div");
  box.className = "widget-vbox";
  const bars = features.map(() => {
    const group = bargroup();
    const bar = document.createElementNS(SVG, "rect");
    bar.setAttribute("class", "bar");
    group.append(bar);
    return group;
  });
  const figure = document.createElement("div");
  figure.append(...bars);
  const el = document.createElement("div");
  box.append(figure, el);
  document.body.append(box);
  const model = new FakeModel({ group: "bars", features, names, selected: [] });
  const life = new AbortController();
  const { render } = widget as { render(props: object): void };
  render({ model, el, signal: life.signal });
  onTestFinished(() => {
    life.abort();
    box.remove();
  });
  const over = (target: Element | undefined) =>
    (target as Element).dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  return { box, bars, model, life, over, classes: () => bars.map((bar) => bar.getAttribute("class")) };
}

function listener(names: string[]) {
  const heard: [string, number[]][] = [];
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const bus = joinBus({
    group: () => "bars",
    nameOf: (index) => names[index],
    hear: (kind, indices) => heard.push([kind, indices]),
    signal: life.signal,
  });
  return { heard, bus };
}

const settled = () => new Promise((done) => setTimeout(done, 30));

describe("the bridge to bqplot's bars", () => {
  it("tells the others which feature is pointed at, and when none is any more", () => {
    const { heard } = listener(["the", "cat", "sat"]);
    const { bars, over, box } = open([[2], [0]], [["sat"], ["the"]]);
    over(bars[0]?.firstElementChild as Element);
    over(bars[1]?.firstElementChild as Element);
    over(box);
    over(document.body);
    expect(heard).toEqual([
      ["hover", [2]],
      ["hover", [0]],
      ["hover", []],
    ]);
  });
  it("marks the bars that another widget points at", () => {
    const { bus } = listener(["the", "cat", "sat"]);
    const view = open([[2], [0]], [["sat"], ["the"]]);
    bus.hover([0]);
    expect(view.classes()).toEqual(["bargroup", "bargroup xai-on"]);
    bus.hover([1]);
    expect(view.classes()).toEqual(["bargroup", "bargroup"]);
  });
  it("marks what is pointed at already when its bars come, and again when the chart is drawn anew", async () => {
    const { bus } = listener(["a", "dull", "evening"]);
    const view = open([[2], [0]], [["film"], ["a"]]);
    bus.hover([2]);
    expect(view.classes()).toEqual(["bargroup", "bargroup"]);
    view.model.receive({ features: [[0], [2]], names: [["a"], ["evening"]] });
    await settled();
    expect(view.classes()).toEqual(["bargroup", "bargroup xai-on"]);
    const figure = view.bars[0]?.parentElement as Element;
    figure.replaceChildren(bargroup(), bargroup());
    await settled();
    expect([...figure.children].map((bar) => bar.getAttribute("class"))).toEqual([
      "bargroup",
      "bargroup xai-on",
    ]);
  });
  it("chooses a feature at a click, and lets go of it at the next", () => {
    const { heard } = listener(["the", "cat", "sat"]);
    const view = open([[2], [0]], [["sat"], ["the"]]);
    const click = () => view.bars[0]?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    click();
    expect(view.model.saved).toEqual([{ selected: [2] }]);
    expect(view.classes()[0]).toBe("bargroup xai-selected");
    click();
    expect(view.model.saved.at(-1)).toEqual({ selected: [] });
    expect(heard).toEqual([
      ["select", [2]],
      ["select", []],
    ]);
  });
  it("takes the tokens of a word together", () => {
    const { heard, bus } = listener(["un", "##likely", "end"]);
    const view = open([[0, 1], [2]], [["un", "##likely"], ["end"]]);
    bus.hover([1]);
    expect(view.classes()).toEqual(["bargroup xai-on", "bargroup"]);
    view.over(view.bars[0]?.firstElementChild as Element);
    view.bars[0]?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    expect(heard).toEqual([
      ["hover", [0, 1]],
      ["select", [0, 1]],
    ]);
  });
  it("ignores bars of other charts, and is silent once it is gone", () => {
    const { heard } = listener(["the"]);
    const view = open([[0]], [["the"]]);
    const stranger = bargroup();
    document.body.append(stranger);
    view.over(stranger);
    stranger.remove();
    view.life.abort();
    view.over(view.bars[0]);
    expect(heard).toEqual([]);
  });
});
