import widget from "../../js/src/widgets/token_highlight";
import { asModel, type FakeModel, finished } from "./fake";

const verdict = (kind: string, more: Record<string, unknown> = {}) => ({
  run: 1,
  kind,
  label: { en: `${kind} · 99 %`, zh: `${kind}：99 %` },
  why: { en: `Why ${kind}.`, zh: `为何 ${kind}。` },
  ...more,
});

function open(model: FakeModel) {
  const el = document.createElement("div");
  const life = new AbortController();
  document.body.append(el);
  const { render } = widget as { render(props: object): void };
  render({ model: asModel(model), el, signal: life.signal });
  onTestFinished(() => {
    life.abort();
    el.remove();
  });
  return {
    chip: el.querySelector<HTMLElement>(".xai-trust") as HTMLElement,
    why: el.querySelector<HTMLElement>(".xai-trust-why") as HTMLElement,
    stop: [...el.querySelectorAll("button")].find((one) => one.textContent === "Stop") as HTMLElement,
  };
}
const settled = () => new Promise((done) => setTimeout(done, 0));

describe("the badge", () => {
  it.each([
    ["better", "✓"],
    ["none", "✕"],
    ["open", "?"],
  ])("says %s in words and with a mark of its own", (kind, mark) => {
    const { chip } = open(finished({ _trust: verdict(kind) }));
    expect(chip.hidden).toBe(false);
    expect(chip.textContent).toBe(`${mark}${kind} · 99 %`);
    expect(chip.dataset.kind).toBe(kind);
    expect(chip.title).toBe(`Why ${kind}.`);
  });
  it("speaks the interface's language", () => {
    expect(open(finished({ _trust: verdict("better"), language: "zh" })).chip.textContent).toContain(
      "：99 %",
    );
  });
  it("is not there before anything is known", () => {
    expect(open(finished()).chip.hidden).toBe(true);
  });
  it("tells how that was found at a click, for those who cannot hover", () => {
    const { chip, why } = open(finished({ _trust: verdict("none") }));
    expect(why.hidden).toBe(true);
    chip.click();
    expect(why.hidden).toBe(false);
    expect(why.textContent).toBe("Why none.");
    expect(chip.getAttribute("aria-expanded")).toBe("true");
    chip.click();
    expect(why.hidden).toBe(true);
  });
  it("goes when the picture no longer answers what is asked", async () => {
    const model = finished({ _trust: verdict("better") });
    const { chip } = open(model);
    model.set("text", "another film");
    await settled();
    expect(chip.hidden).toBe(true);
  });
  it("belongs to one picture", () => {
    expect(open(finished({ _trust: verdict("better", { run: 2 }) })).chip.hidden).toBe(true);
  });
  it("can be stopped while it is found out, behind a finished picture", async () => {
    const model = finished({ _trust: verdict("checking") });
    const { chip, stop } = open(model);
    expect(chip.textContent).toContain("…");
    expect(stop.hidden).toBe(false);
    stop.click();
    expect(model.sent).toContainEqual({ kind: "stop" });
    model.set("_trust", verdict("better"));
    await settled();
    expect(stop.hidden).toBe(true);
  });
  it("does not stay undecided in a page without a kernel", () => {
    expect(open(finished({ _trust: verdict("checking"), live: false })).chip.hidden).toBe(true);
  });
});
