import { sorted } from "../../js/src/widgets/saliency_overlay/film";
import type { FrameFacts } from "../../js/src/widgets/saliency_overlay/wire";
import { bytes, overlay, verdict } from "./saliency_fake";
import { open, settled } from "./saliency_open";

const facts = (score: number | null, kind: string | null, more: object = {}) =>
  ({
    ...{ state: score === null ? "waiting" : "done", label: score === null ? "" : "cat", score, fault: null },
    trust: kind ? verdict(kind) : {},
    ...more,
  }) as unknown as FrameFacts;
const FILM = [facts(0.5, "none"), facts(0.9, "better"), facts(null, null), facts(0.7, "better")];
const frames = ["one", "two", "three", "four"].map((name) => ({ name, mime: "image/jpeg", data: bytes() }));
const film = (more: object = {}) => overlay({ _frames: frames, _film: FILM, ...more });

describe("the order of the pictures", () => {
  it("is theirs, the surest first, or those that can be trusted first", () => {
    expect(sorted(4, FILM, "order")).toEqual([0, 1, 2, 3]);
    expect(sorted(4, FILM, "confidence")).toEqual([1, 3, 0, 2]);
    expect(sorted(4, FILM, "badge")).toEqual([1, 3, 0, 2]);
  });
  it("leaves those that nothing is known of at the end", () => {
    expect(sorted(3, [facts(null, null), facts(0.1, "none")], "badge")).toEqual([1, 0, 2]);
  });
});

describe("the film", () => {
  it("is not there for one picture", () => {
    expect(open().seen(".xai-film")).toEqual([]);
  });
  it("says of each picture what the model said, how sure it is, and whether the map can be trusted", () => {
    const { all, text } = open(film());
    const spoken = all(".xai-frame").map((one) => one.getAttribute("aria-label"));
    expect(spoken[1]).toBe("two, cat, 90.0%, better 99 %, done");
    expect(spoken[2]).toBe("three, waiting");
    expect(all(".xai-frame .xai-mark").map((one) => one.textContent)).toEqual(["✕", "✓", "", "✓"]);
    expect(text(".xai-film-head .xai-number")).toBe("3 of 4 pictures");
  });
  it("shows the one that is clicked", () => {
    const { all, model } = open(film());
    all(".xai-frame")[3]?.click();
    expect(model.saved.at(-1)).toEqual({ current: 3 });
    expect(all('.xai-frame[aria-pressed="true"]').length).toBe(1);
  });
  it("is sorted anew, and keeps what is clicked", () => {
    const { all, model, choose } = open(film());
    choose(".xai-film select", "confidence");
    all(".xai-frame")[0]?.click();
    expect(model.saved.at(-1)).toEqual({ current: 1 });
  });
  it("says what failed", () => {
    const wrong = facts(null, null, { state: "failed", fault: "It is no picture." });
    const { all } = open(film({ _film: [FILM[0], wrong] }));
    const [, second] = all(".xai-frame");
    expect(second?.title).toContain("It is no picture.");
    expect(second?.textContent).toContain("failed");
  });
  it("can be resumed when it was stopped on its way", async () => {
    const { text } = open(film());
    await settled();
    expect(text(".xai-state")).toBe("stopped");
  });
  it("is not there on an exported page", () => {
    const model = film({ live: false });
    Object.assign(model, { offline: true });
    expect(open(model).seen(".xai-film")).toEqual([]);
  });
});
