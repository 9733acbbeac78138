import { speech } from "../../js/src/core/words";
import { claimOf, type HiddenAnswer, rowsOf } from "../../js/src/widgets/saliency_overlay/effect";
import { type HideFacts, hide } from "../../js/src/widgets/saliency_overlay/hide";
import type { Place, Scene } from "../../js/src/widgets/saliency_overlay/parts";
import type { Question } from "../../js/src/widgets/saliency_overlay/wire";
import { covered, pictureOf, regionsOf } from "./saliency_fake";

const outputsOf = (probabilities: Record<string, number>) => ({
  ...{ input: 1, kind: "class" as const, total: 1000 },
  labels: Object.keys(probabilities),
  ids: Object.keys(probabilities).map((label) => "cat dog fox hen owl bee ape".split(" ").indexOf(label)),
  probabilities: Object.values(probabilities),
  scores: Object.values(probabilities).map((one) => Math.log(one)),
});
const before = outputsOf({ cat: 0.41, dog: 0.3, fox: 0.2, hen: 0.01, owl: 0.005, bee: 0.001 });
const answerOf = (probabilities: Record<string, number>, more: object = {}) =>
  ({
    ...{ dtype: "uint8", shape: [1, 1, 3], data: new DataView(new ArrayBuffer(3)) },
    ...{ outputs: outputsOf(probabilities), output: 1, before: 2.5, ...more },
  }) as HiddenAnswer;
const said = (after: Record<string, number>, targets: number[] = [0], language: "en" | "zh" = "en") =>
  claimOf(speech(language), answerOf(after), before, targets as [number]);

describe("the claim", () => {
  it("says from where to where the explained class goes", () => {
    expect(said({ cat: 0.09, dog: 0.08 })).toBe("Without this part, cat falls from 41.0% to 9.00%.");
    expect(said({ cat: 0.61, dog: 0.08 })).toBe("Without this part, cat rises from 41.0% to 61.0%.");
    expect(said({ cat: 0.09, dog: 0.08 }, [0], "zh")).toBe("没有这部分，cat 从 41.0% 降到 9.00%。");
  });
  it("makes nothing of a change that is none", () => {
    expect(said({ cat: 0.412, dog: 0.3 })).toContain("hardly moves: 41.0% before, 41.2% after");
  });
  it("says what the model says instead", () => {
    expect(said({ cat: 0.09, dog: 0.7 })).toMatch(/falls .* The model now says dog, 70\.0%\.$/);
    expect(said({ cat: 0.5, dog: 0.2 })).not.toContain("now says");
  });
  it("tells of a contrast by the explained score too", () => {
    expect(said({ cat: 0.09, dog: 0.08 }, [0, 1])).toContain("The explained score goes from 2.50 to 1.00.");
  });
});

describe("the rows", () => {
  it("are what is explained first, then the likeliest before or after", () => {
    const { outputs } = answerOf({ bee: 0.5, cat: 0.05, hen: 0.01, dog: 0.02, fox: 0.03, ape: 0.04 });
    const rows = rowsOf(before, outputs, [3, 2]);
    expect(rows.map(({ label }) => label)).toEqual(["hen", "fox", "bee", "cat", "dog"]);
    expect(rows[2]).toMatchObject({ before: 0.001, after: 0.5 });
    expect(rowsOf(before, outputs, [6])[0]).toMatchObject({ label: "ape", before: null, after: 0.04 });
  });
});

interface Pending {
  question: Extract<Question, { kind: "hide" }>;
  resolve(answer: HiddenAnswer): void;
  reject(why: Error): void;
}

/** 6 × 4 pixels; what the model answers comes when the test says. */
function opened(more: Partial<HideFacts> = {}) {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const pending: Pending[] = [];
  let facts = {
    ...{ panel: { id: 3, model: 0, method: "occlusion", target: null, layer: null }, picture: pictureOf() },
    ...{ regions: regionsOf(), outputs: before, targets: [0], why: null, ...more },
  } as unknown as HideFacts;
  const part = hide({
    t: speech("en"),
    ask: (question) =>
      new Promise((resolve, reject) => pending.push({ question, resolve, reject } as unknown as Pending)),
    changed: () => part.update(facts),
    signal: gone.signal,
  });
  part.update(facts);
  document.body.replaceChildren(part.el);
  const place = (x: number, y: number, region: number | null = null): Place => ({ x, y, region });
  const find = (selector: string) => part.el.querySelector(selector) as HTMLElement;
  const button = (name: string) =>
    [...part.el.querySelectorAll("button")].find((one) => one.textContent === name) as HTMLButtonElement;
  const scene = { picture: facts.picture, heat: { heat: true }, seen: null, cover: null, hovered: [2] };
  return {
    ...{ part, pending, place, find, button },
    tell(next: Partial<HideFacts>) {
      facts = { ...facts, ...next };
      part.update(facts);
    },
    scene: () => part.scene(scene as unknown as Scene),
    bits: (one: Pending | undefined) => covered(one?.question.cover as never).join(""),
    pass: (ms = 1000) => vi.advanceTimersByTimeAsync(ms),
  };
}

describe("hiding a part", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({ putImageData() {} } as never);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("asks nothing before something is hidden", async () => {
    const { pending, pass, find } = opened();
    await pass();
    expect(pending).toEqual([]);
    expect(find(".xai-claim").textContent).toContain("Paint over the picture");
  });
  it("asks with the newest cover, one question at a time, while the brush still goes", async () => {
    const { part, pending, pass, place, bits, find } = opened();
    part.stroke([place(0.5, 0.5)], false);
    await pass();
    expect(pending).toHaveLength(1);
    expect(pending[0]?.question).toMatchObject({ kind: "hide", panel: 3, fill: "baseline" });
    expect(bits(pending[0])).toBe("100000000000000000000000");
    part.stroke([place(1.5, 0.5)], false);
    await pass();
    part.stroke([place(2.5, 0.5)], true);
    await pass();
    expect(pending).toHaveLength(1);
    pending[0]?.resolve(answerOf({ cat: 0.3, dog: 0.2 }));
    await pass();
    expect(pending).toHaveLength(2);
    expect(bits(pending[1])).toBe("111000000000000000000000");
    // The older answer is shown until the newer one comes.
    expect(find(".xai-claim").textContent).toContain("to 30.0%");
    pending[1]?.resolve(answerOf({ cat: 0.1, dog: 0.2 }));
    await pass();
    expect(pending).toHaveLength(2);
    expect(find(".xai-claim").textContent).toBe(
      "Without this part, cat falls from 41.0% to 10.0%. The model now says dog, 20.0%.",
    );
    expect(part.el.textContent).toContain("12.5% of what the model sees is hidden");
    expect(find("[data-role=explained]").textContent).toBe("cat41.0% → 10.0%−31.0 points");
  });
  it("asks at once, and not again where the brush is lifted or goes over what is hidden", async () => {
    const { part, pending, pass, place } = opened();
    part.stroke([place(0.5, 0.5)], false);
    expect(pending).toHaveLength(1);
    part.stroke([place(0.5, 0.5)], true);
    pending[0]?.resolve(answerOf({ cat: 0.3 }));
    await pass();
    part.stroke([place(0.5, 0.5)], true);
    await pass();
    expect(pending).toHaveLength(1);
  });
  it("asks at most five times a second", async () => {
    const { part, pending, pass, place } = opened();
    const answered = setInterval(() => pending.at(-1)?.resolve(answerOf({ cat: 0.1 })), 10);
    for (let i = 0; i < 60; i++) {
      part.stroke([place((i % 12) / 2, i / 15)], false);
      await pass(1000 / 60);
    }
    clearInterval(answered);
    expect(pending.length).toBeGreaterThan(3);
    expect(pending.length).toBeLessThanOrEqual(6);
  });
  it("shows what was painted until the model answers, then what it saw, and the map on top where that is wanted", async () => {
    const { part, pending, pass, place, scene, find } = opened();
    expect(scene()).toMatchObject({ seen: null, cover: null, heat: { heat: true } });
    part.stroke([place(0.5, 0.5)], true);
    expect(scene()).toMatchObject({ seen: null, cover: { height: 4, width: 6 }, heat: { heat: true } });
    await pass();
    pending[0]?.resolve(answerOf({ cat: 0.3 }));
    await pass();
    expect(scene()).toMatchObject({ seen: { width: 1, height: 1 }, cover: null, heat: null });
    find("input[type=checkbox]").click();
    expect(scene().heat).toEqual({ heat: true });
  });
  it("takes strokes back one by one, and all of them at once", async () => {
    const { part, pending, pass, place, bits, button, scene } = opened();
    part.stroke([place(0.5, 0.5)], true);
    part.stroke([place(5.5, 3.5)], true);
    button("Undo").click();
    await pass();
    expect(bits(pending[0])).toBe("100000000000000000000000");
    button("Clear").click();
    expect(scene()).toMatchObject({ seen: null, cover: null, heat: { heat: true } });
    expect(button("Clear").disabled).toBe(true);
    button("Undo").click();
    expect(scene().cover).not.toBeNull();
  });
  it("hides a whole region by a click, in the mode for it alone", async () => {
    const { part, pending, pass, place, bits, button } = opened();
    expect(part.choose(place(5, 1, 2))).toBe(false);
    button("Region").click();
    expect(part.mode()).toBe("region");
    expect(part.choose(place(5, 1, 2))).toBe(true);
    await pass();
    expect(bits(pending[0])).toBe("000011000011000000000000");
  });
  it("asks again with another fill, and for another target", async () => {
    const { part, pending, pass, place, find, tell } = opened();
    part.stroke([place(0.5, 0.5)], true);
    await pass();
    pending[0]?.resolve(answerOf({ cat: 0.3 }));
    await pass();
    const fills = find("select") as HTMLSelectElement;
    fills.value = "blur";
    fills.dispatchEvent(new Event("change"));
    await pass();
    expect(pending[1]?.question.fill).toBe("blur");
    tell({ panel: { id: 3, model: 0, method: "occlusion", target: 1, layer: null }, targets: [1] });
    pending[1]?.resolve(answerOf({ cat: 0.2 }));
    await pass();
    // That answer was for the older target.
    expect(find(".xai-claim").textContent).not.toContain("20.0%");
    expect(pending).toHaveLength(3);
  });
  it("forgets what was hidden of another picture", async () => {
    const { part, pending, pass, place, tell, find } = opened();
    part.stroke([place(0.5, 0.5)], true);
    tell({ picture: pictureOf(2) as never });
    pending[0]?.resolve(answerOf({ cat: 0.1 }));
    await pass();
    expect(pending).toHaveLength(1);
    expect(find(".xai-claim").textContent).toContain("Paint over the picture");
  });
  it("says what went wrong as text, and asks again at the next stroke", async () => {
    const { part, pending, pass, place, find } = opened();
    part.stroke([place(0.5, 0.5)], true);
    await pass();
    pending[0]?.reject(new Error("No memory for <b>this</b>."));
    await pass();
    expect(find("[role=alert]").textContent).toBe("No memory for <b>this</b>.");
    expect(find("[role=alert]").hidden).toBe(false);
    expect(find("[role=alert] b")).toBeNull();
    part.stroke([place(2.5, 0.5)], true);
    await pass();
    expect(pending).toHaveLength(2);
  });
  it("can only be looked at without a kernel", async () => {
    const { part, pending, pass, place, find } = opened({
      why: "The kernel has restarted: run the cell again.",
    });
    part.stroke([place(0.5, 0.5)], true);
    await pass();
    expect(pending).toEqual([]);
    expect(part.mode()).toBe("look");
    expect((find("fieldset") as HTMLFieldSetElement).disabled).toBe(true);
  });
  it("outlines no region under a brush", () => {
    const { part, scene, button } = opened();
    expect([part.mode(), scene().hovered]).toEqual(["paint", []]);
    button("Region").click();
    expect(scene().hovered).toEqual([2]);
  });
});
