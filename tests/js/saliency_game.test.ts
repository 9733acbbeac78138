import { speech } from "../../js/src/core/words";
import { curveOf, type GameFacts, game, goneAt, reading } from "../../js/src/widgets/saliency_overlay/game";
import type { Scene } from "../../js/src/widgets/saliency_overlay/parts";
import type { Game } from "../../js/src/widgets/saliency_overlay/wire";
import { packed, pictureOf, regionsOf } from "./saliency_fake";

const t = speech("en");
/** Low, mean and high of random orders, at 0, 2, 4 and 6 of six regions. */
const RANDOM = [4, 2, 1, 0, 4, 3, 2, 0, 4, 3.5, 3, 0];
const gameOf = (more: object = {}) =>
  ({
    ...{ panel: 3, picture: 1, run: 2, order: [4, 0, 2, 5, 1, 3], steps: [0, 2, 4, 6], done: true },
    deletion: packed("float32", [4, 1, 0.5, 0]),
    insertion: packed("float32", [0, 3, 4.5, 4]),
    ...{ deletion_area: [1.17, 2.33, 1.5, 3], insertion_area: [3.2, 2.33, 1.5, 3] },
    random_deletion: packed("float32", RANDOM, [3, 4]),
    random_insertion: packed(
      "float32",
      RANDOM.map((_, i) => RANDOM[4 * Math.floor(i / 4) + 3 - (i % 4)] ?? 0),
      [3, 4],
    ),
    ...more,
  }) as unknown as Game;

describe("the game", () => {
  it("hides the first regions in the deletion game, and shows them alone in the insertion game", () => {
    expect(goneAt(gameOf(), "deletion", 1)).toEqual([4, 0]);
    expect(goneAt(gameOf(), "insertion", 1)).toEqual([2, 5, 1, 3]);
    expect(goneAt(gameOf(), "deletion", 3)).toHaveLength(6);
    expect(goneAt(gameOf(), "insertion", 3)).toEqual([]);
  });
  it("is read from the wire, and not before there are scores", () => {
    const curve = curveOf(gameOf(), "deletion");
    expect(curve?.shares).toEqual([0, 1 / 3, 2 / 3, 1]);
    expect([...(curve?.random?.[1] ?? [])]).toEqual([4, 3, 2, 0]);
    expect(curveOf(gameOf({ random_deletion: null }), "deletion")?.random).toBeNull();
    expect(curveOf(gameOf({ steps: [], deletion: packed("float32", []) }), "deletion")).toBeNull();
  });
});

describe("the reading", () => {
  const said = (kind: "deletion" | "insertion", ...area: number[]) =>
    reading(t, gameOf({ [`${kind}_area`]: area }), kind);
  it("sets the mean score against that of random orders", () => {
    expect(said("deletion", 1.166, 2.333, 1.5, 3)).toMatch(
      /averages 1\.17 in this map's order and 2\.33 in random orders; lower/,
    );
    expect(said("insertion", 3, 2, 1, 2.5)).toMatch(/averages 3\.00 .* higher is better/);
  });
  it("calls a map better only beyond the band, on the right side", () => {
    expect(said("deletion", 1.4, 2, 1.5, 3)).toContain("That beats");
    expect(said("deletion", 1.6, 2, 1.5, 3)).toContain("Random orders reach that too");
    expect(said("deletion", 3.1, 2, 1.5, 3)).toContain("That is worse");
    expect(said("insertion", 3.1, 2, 1.5, 3)).toContain("That beats");
    expect(said("insertion", 1.5, 2, 1.5, 3)).toContain("Random orders reach that too");
    expect(said("insertion", 1.4, 2, 1.5, 3)).toContain("That is worse");
  });
  it("says nothing where random orders are not known", () => {
    expect(reading(t, gameOf({ deletion_area: null }), "deletion")).toBe("");
  });
});

function opened(told: Game | null = null, more: Partial<GameFacts> = {}) {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const asked: unknown[] = [];
  let fail: ((why: Error) => void) | null = null;
  let facts = {
    ...{ panel: { id: 3, model: 0, method: "occlusion", target: null, layer: null }, picture: pictureOf() },
    ...{
      bitmap: { width: 6, height: 4 },
      regions: regionsOf(1, { absent: { mime: "image/png", data: new DataView(new ArrayBuffer(1)) } }),
    },
    ...{ shown: { estimate: { run: 2 } }, game: told, why: null, live: true, ...more },
  } as unknown as GameFacts;
  const part = game({
    t,
    ask: (question) => {
      asked.push(question);
      return new Promise((_, reject) => {
        fail = reject;
      });
    },
    changed: () => part.update(facts),
    signal: gone.signal,
  });
  part.update(facts);
  document.body.replaceChildren(part.el);
  const find = (selector: string) => part.el.querySelector(selector) as HTMLElement;
  const button = (name: string) =>
    [...part.el.querySelectorAll("button")].find(
      (one) => one.textContent === name || one.getAttribute("aria-label") === name,
    ) as HTMLButtonElement;
  const slider = find("input") as HTMLInputElement;
  return {
    ...{ part, asked, find, button, slider },
    tell(next: Partial<GameFacts>) {
      facts = { ...facts, ...next };
      part.update(facts);
    },
    to(step: number) {
      slider.value = String(step);
      slider.dispatchEvent(new Event("input"));
      slider.dispatchEvent(new Event("change"));
    },
    fail: (why: string) => fail?.(new Error(why)),
    score: () => find(".xai-told").firstElementChild?.textContent,
    scene: () => part.scene({ picture: facts.picture, heat: { heat: true }, seen: null } as unknown as Scene),
  };
}

describe("the scrubber", () => {
  let still = false;
  beforeEach(() => {
    still = false;
    vi.useFakeTimers();
    vi.stubGlobal("matchMedia", () => ({ matches: still }));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is there when a game has been played for what the panel shows now", () => {
    const { asked, button, find, tell } = opened();
    expect(find(".xai-game-body").hidden).toBe(true);
    button("Play the game").click();
    expect(asked).toEqual([{ kind: "game", panel: 3 }]);
    tell({ game: gameOf({ run: 1 }) });
    expect(find(".xai-game-body").hidden).toBe(true);
    tell({ game: gameOf({ panel: 4 }) });
    expect(find(".xai-game-body").hidden).toBe(true);
    tell({ game: gameOf() });
    expect(find(".xai-game-body").hidden).toBe(false);
  });
  it("reads the score off at each step, for both games", () => {
    const { to, score, button, slider } = opened(gameOf());
    expect(slider.max).toBe("3");
    expect(score()).toBe("0 of 6 regions gone · score 4.00 · random orders 4.00");
    to(1);
    expect(score()).toBe("2 of 6 regions gone · score 1.00 · random orders 3.00");
    expect(slider.getAttribute("aria-valuetext")).toBe(score());
    button("Insertion").click();
    expect(score()).toBe("2 of 6 regions there · score 3.00 · random orders 2.00");
  });
  it("stands where the curve is clicked", () => {
    const { find, score } = opened(gameOf());
    const curve = find("svg.xai-band");
    vi.spyOn(curve, "getBoundingClientRect").mockReturnValue({ left: 10, width: 520 } as DOMRect);
    // The plot goes from 40 to 254 of 260 units, each of two CSS pixels.
    curve.dispatchEvent(new MouseEvent("pointerdown", { clientX: 10 + 2 * (40 + (214 * 2) / 3) }));
    expect(score()).toContain("4 of 6 regions gone");
  });
  it("plays to the end when a hand has asked for the game, and stops there", async () => {
    const { button, tell, score } = opened();
    button("Play the game").click();
    tell({ game: gameOf() });
    await vi.advanceTimersByTimeAsync(800);
    expect(score()).toContain("4 of 6");
    await vi.advanceTimersByTimeAsync(5000);
    expect(score()).toContain("6 of 6");
    expect(button("Play")).toBeTruthy();
    button("Play").click();
    expect(score()).toContain("0 of 6");
    button("Pause").click();
    await vi.advanceTimersByTimeAsync(5000);
    expect(score()).toContain("0 of 6");
  });
  it("moves by itself neither for those who want no motion nor under a hand", async () => {
    still = true;
    const { button, tell, score, to } = opened();
    button("Play the game").click();
    tell({ game: gameOf() });
    await vi.advanceTimersByTimeAsync(5000);
    expect(score()).toContain("0 of 6");
    button("Play").click();
    to(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(score()).toContain("2 of 6");
  });
  it("says that it still plays, and gives its verdict at the end alone", () => {
    const { tell, find } = opened(gameOf({ done: false }));
    expect(find("[role=status]").textContent).toBe("computing…");
    tell({ game: gameOf() });
    expect(find("[role=status]").textContent).toContain("That beats");
  });
  it("shows the picture without what is gone, as a model sees what is absent", async () => {
    const drawn: unknown[][] = [];
    const pen = { drawImage: (...all: unknown[]) => drawn.push(all), putImageData() {} };
    vi.stubGlobal("createImageBitmap", async () => ({ absent: true }));
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never);
    const { to, scene } = opened(gameOf());
    await vi.advanceTimersByTimeAsync(0);
    expect(scene()).toMatchObject({ seen: null, heat: { heat: true } });
    to(1);
    const first = scene();
    expect(first).toMatchObject({ seen: { width: 6, height: 4 }, heat: null });
    expect(drawn.map(([image]) => image)).toContainEqual({ absent: true });
    expect(scene().seen).toBe(first.seen);
    vi.restoreAllMocks();
  });
  it("says what went wrong, and can be asked again", async () => {
    const { button, fail, find, asked } = opened();
    button("Play the game").click();
    fail("This panel is not there any more.");
    await vi.advanceTimersByTimeAsync(0);
    expect(find("[role=alert]").textContent).toBe("This panel is not there any more.");
    button("Play the game").click();
    expect(asked).toHaveLength(2);
  });
  it("is kept without a kernel, but not begun", () => {
    const why = "The kernel has restarted: run the cell again.";
    const { to, score } = opened(gameOf(), { why });
    to(2);
    expect(score()).toContain("4 of 6");
    const { button } = opened(null, { why });
    expect(button("Play the game").disabled).toBe(true);
  });
});
