import { known } from "../../js/src/widgets/saliency_overlay/known";
import type { Panel, State } from "../../js/src/widgets/saliency_overlay/wire";
import type { FakeModel } from "./fake";
import {
  asModel,
  estimateOf,
  overlay,
  packed,
  panelOf,
  pictureOf,
  regionsOf,
  VALUES,
  verdict,
} from "./saliency_fake";
import { settled } from "./saliency_open";

async function knowing(model: FakeModel = overlay()) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const state = known({ model: asModel(model), changed() {}, signal: end.signal });
  async function receive(told: Record<string, unknown>) {
    model.receive(told);
    state.take(new Set(Object.keys(told) as (keyof State)[]));
    await settled();
  }
  await receive({ ...model.state });
  const panel = (id = 1) => state.panels().find((one) => one.id === id) as Panel;
  const first = (id = 1) => state.answer(panel(id)).shown?.values[0];
  return { state, receive, panel, first };
}
const float = (value: number) => Math.fround(value);

describe("what a panel shows", () => {
  it("is its estimate of the picture, with ranks", async () => {
    const { state, panel } = await knowing();
    const { shown, stale } = state.answer(panel());
    expect(stale).toBe(false);
    expect([...(shown?.ranks ?? [])]).toEqual([1, 5, 3, 4, 2, 6]);
  });
  it("is nothing of another picture, even of the same panel", async () => {
    const { state, panel } = await knowing(overlay({ _estimates: [estimateOf(1, VALUES, { picture: 7 })] }));
    expect(state.answer(panel()).shown).toBeNull();
  });
  it("is what is being computed, where that is newer", async () => {
    const { receive, first } = await knowing();
    await receive({ _now: estimateOf(1, [9, 0, 0, 0, 0, 0], { run: 2, state: "running" }) });
    expect(first()).toBe(9);
    await receive({ _now: {}, _estimates: [estimateOf(1, [8, 0, 0, 0, 0, 0], { run: 2 })] });
    expect(first()).toBe(8);
  });
  it("stays, as an older answer, until the first numbers of the next question are there", async () => {
    const { state, receive, panel, first } = await knowing();
    await receive({ panels: [panelOf(1, { method: "grad_cam" })], busy: true });
    expect(state.answer(panel()).stale).toBe(true);
    await receive({ _estimates: [] });
    expect([state.answer(panel()).stale, first()]).toEqual([true, 0.5]);
    await receive({ _estimates: [estimateOf(1, [7, 0, 0, 0, 0, 0], { run: 2, method: "grad_cam" })] });
    expect([state.answer(panel()).stale, first()]).toEqual([false, 7]);
  });
  it("answers again when the question is taken back", async () => {
    const { state, receive, panel } = await knowing();
    await receive({ panels: [panelOf(1, { target: "dog" })] });
    expect(state.answer(panel()).stale).toBe(true);
    await receive({ panels: [panelOf()] });
    expect(state.answer(panel()).stale).toBe(false);
  });
  it("has no verdict while it is an older answer", async () => {
    const told = overlay({ _estimates: [estimateOf(1, VALUES, { trust: verdict("better") })] });
    const { state, receive, panel } = await knowing(told);
    expect(state.answer(panel()).trust?.kind).toBe("better");
    await receive({ panels: [panelOf(1, { target: 1 })] });
    expect(state.answer(panel()).trust).toBeNull();
  });
  it("is drawn anew only where its numbers, its regions or the smoothing change", async () => {
    const { state, receive, panel } = await knowing();
    const heat = () => state.answer(panel()).shown?.heat;
    const before = heat();
    await receive({
      _estimates: [estimateOf(1, VALUES, { trust: verdict("better") })],
      _regions: regionsOf(),
    });
    expect(heat()).toBe(before);
    await receive({ smoothing: 0 });
    expect(heat()).not.toBe(before);
    const crisp = heat();
    await receive({ _estimates: [estimateOf(1, [...VALUES.slice(0, 5), -0.3])] });
    expect(heat()).not.toBe(crisp);
  });
  it("needs half of the scale where nothing is negative, once that is sure", async () => {
    const up = [1, 2, 3, 4, 5, 6];
    const { state, receive, panel } = await knowing(overlay({ _estimates: [] }));
    const signed = () => state.answer(panel()).shown?.heat.signed;
    await receive({ _now: estimateOf(1, up, { state: "running" }) });
    expect(signed()).toBe(true);
    await receive({ _now: {}, _estimates: [estimateOf(1, up)] });
    expect(signed()).toBe(false);
    await receive({ _estimates: [estimateOf(1, VALUES, { run: 2 })] });
    expect(signed()).toBe(true);
  });
  it("takes the method's own map where there is one", async () => {
    const codes = packed("int16", [1, 2, 3, 4, 5, 6, 7, -32768], [2, 4]);
    const { state, panel } = await knowing(
      overlay({ smoothing: 0, _estimates: [estimateOf(1, VALUES, { map: { codes, scale: 0.5 } })] }),
    );
    const heat = state.answer(panel()).shown?.heat;
    expect([heat?.width, heat?.height, heat?.values[6], heat?.max]).toEqual([4, 2, 3.5, 3.5]);
    expect(heat?.values[7]).toBeNaN();
  });
  it("is a sentence where it could not be computed, and the others stay", async () => {
    const failed = estimateOf(2, [], { state: "failed", fault: "There is no layer." });
    const { state, panel, first } = await knowing(
      overlay({ panels: [panelOf(), panelOf(2)], _estimates: [estimateOf(), failed] }),
    );
    expect(state.answer(panel(2))).toMatchObject({ fault: "There is no layer.", shown: null });
    expect(first()).toBe(float(0.5));
  });
});

describe("another picture", () => {
  it("takes with it what was known of the one before", async () => {
    const { state, receive, panel } = await knowing();
    await receive({ _picture: pictureOf(2), _now: {} });
    expect(state.picture?.id).toBe(2);
    expect([state.answer(panel()).shown, state.regions]).toEqual([null, null]);
    await receive({ _regions: regionsOf(2), _estimates: [estimateOf(1, VALUES, { picture: 2, run: 2 })] });
    expect(state.answer(panel()).shown?.values.length).toBe(6);
  });
});

describe("how far it is", () => {
  it("is what the estimate says, and running while anything is computed", async () => {
    const { state, receive, panel } = await knowing();
    expect(state.progress(panel())).toMatchObject({ state: "done", evaluations: 7, error: 0.02 });
    await receive({ busy: true });
    expect(state.progress(panel()).state).toBe("running");
  });
  it("is done while only the badge is open", async () => {
    const checking = [estimateOf(1, VALUES, { trust: verdict("checking") })];
    const { state, panel } = await knowing(overlay({ busy: true, _estimates: checking }));
    expect(state.progress(panel()).state).toBe("done");
  });
});
