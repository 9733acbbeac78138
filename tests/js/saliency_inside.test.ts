import { speech } from "../../js/src/core/words";
import { type InsideFacts, inside, type MapsAnswer } from "../../js/src/widgets/saliency_overlay/inside";
import type { Scene } from "../../js/src/widgets/saliency_overlay/parts";
import { modelOf, pictureOf, regionsOf } from "./saliency_fake";

/** Three maps of 2 × 2 cells. */
const codes = [0, 51, 102, 255, 255, 255, 0, 0, 10, 20, 30, 40];
const told = (more: object = {}) =>
  ({
    ...{ dtype: "uint8", shape: [3, 2, 2], data: new DataView(Uint8Array.from(codes).buffer) },
    ...{ layer: "late", units: [17, 4, 30], contributions: [0.5, 0.25, -0.125], total: 32, ...more },
  }) as unknown as MapsAnswer;
const panel = { id: 3, model: 0, method: "grad_cam", target: null, layer: null };

function opened(more: object = {}) {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const asked: { question: unknown; resolve(answer: MapsAnswer): void; reject(why: Error): void }[] = [];
  let facts = {
    ...{ panel, picture: pictureOf(), regions: regionsOf(), model: modelOf(), shown: null },
    ...{ smoothing: 0, why: null, ...more },
  } as unknown as InsideFacts;
  const part = inside({
    t: speech("en"),
    ask: (question) =>
      new Promise((resolve, reject) => asked.push({ question, resolve, reject } as (typeof asked)[number])),
    changed: () => part.update(facts),
    signal: gone.signal,
  });
  part.update(facts);
  document.body.replaceChildren(part.el);
  const scene = { picture: facts.picture, heat: { panel: true }, seen: null };
  return {
    ...{ part, asked },
    faces: () => [...part.el.querySelectorAll<HTMLButtonElement>(".xai-thumb")],
    find: (selector: string) => part.el.querySelector(selector) as HTMLElement,
    scene: () => part.scene(scene as unknown as Scene),
    tell(next: object) {
      facts = { ...facts, ...next };
      part.update(facts);
    },
    async answer(given = told()) {
      asked.at(-1)?.resolve(given);
      await new Promise((done) => setTimeout(done, 0));
    },
  };
}

describe("a layer's maps", () => {
  it("are asked for once, of the layer that the panel looks at", async () => {
    const shown = { estimate: { layer: "late" } };
    const { asked, tell, answer } = opened({ shown });
    expect(asked.map(({ question }) => question)).toEqual([{ kind: "features", panel: 3, layer: "late" }]);
    await answer();
    tell({ smoothing: 1 });
    expect(asked).toHaveLength(1);
    tell({ panel: { ...panel, layer: "early" } });
    expect(asked.at(-1)?.question).toMatchObject({ layer: "early" });
    tell({ panel: { ...panel, layer: "early", target: 5 } });
    expect(asked).toHaveLength(3);
  });
  it("are those of another layer where that is chosen here", () => {
    const { asked, find } = opened();
    const select = find("select") as HTMLSelectElement;
    expect([...select.options].map(({ text }) => text)).toContain("late · 32 × 7 × 7");
    select.value = "early";
    select.dispatchEvent(new Event("change"));
    expect(asked.map(({ question }) => question)).toMatchObject([{ layer: "" }, { layer: "early" }]);
  });
  it("come with their numbers and what each contributes, and say how many there are", async () => {
    const { faces, find, answer } = opened();
    expect(find("[role=status]").textContent).toBe("computing…");
    await answer();
    expect(find("[role=status]").textContent).toContain("3 of 32 maps, most contributing first");
    expect(faces().map((face) => face.textContent)).toEqual(["17+0.500", "4+0.250", "30−0.125"]);
    expect(faces()[2]?.getAttribute("aria-label")).toBe("Map 30, contributes −0.125");
    expect(find(".xai-thumbs").getAttribute("aria-label")).toBe("Feature maps of late");
  });
  it("lie over the picture by a click, from their lowest value to their highest, and go by another", async () => {
    const { part, faces, answer, scene } = opened();
    expect(scene().heat).toEqual({ panel: true });
    await answer();
    faces()[0]?.click();
    const { heat } = scene();
    expect([heat?.width, heat?.height, heat?.signed]).toEqual([2, 2, false]);
    expect([...(heat?.values ?? [])].map((one) => Number(one.toFixed(6)))).toEqual([0, 0.2, 0.4, 1]);
    expect(scene().heat).toBe(heat);
    expect(part.title()).toBe("map 17 of late");
    expect(faces().map((face) => face.getAttribute("aria-pressed"))).toEqual(["true", "false", "false"]);
    faces()[1]?.click();
    expect([...(scene().heat?.values ?? [])]).toEqual([1, 1, 0, 0]);
    faces()[1]?.click();
    expect(scene().heat).toEqual({ panel: true });
    expect(part.title()).toBe("");
  });
  it("are walked with the arrow keys, one stop of the tab key", async () => {
    const { faces, answer } = opened();
    await answer();
    const stops = () => faces().map(({ tabIndex }) => tabIndex);
    const press = (key: string) =>
      faces()[0]?.parentElement?.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    expect(stops()).toEqual([0, -1, -1]);
    press("ArrowRight");
    expect(stops()).toEqual([-1, 0, -1]);
    expect(document.activeElement).toBe(faces()[1]);
    press("End");
    press("ArrowRight");
    expect(stops()).toEqual([-1, -1, 0]);
    press("Home");
    expect(stops()).toEqual([0, -1, -1]);
  });
  it("of an older question are not taken for those of the newer one", async () => {
    const { asked, faces, tell } = opened();
    tell({ panel: { ...panel, target: 5 } });
    asked[0]?.resolve(told());
    await new Promise((done) => setTimeout(done, 0));
    expect(faces()).toEqual([]);
  });
  it("say as text why they cannot be had", async () => {
    const { asked, find } = opened();
    asked[0]?.reject(new Error("The layer <i>late</i> does not lie over the picture."));
    await new Promise((done) => setTimeout(done, 0));
    expect(find("[role=alert]").textContent).toBe("The layer <i>late</i> does not lie over the picture.");
    expect(find("[role=alert] i")).toBeNull();
    expect(find("[role=status]").textContent).toBe("");
  });
  it("wait for a kernel", () => {
    const { asked, tell } = opened({ why: "The kernel has restarted: run the cell again." });
    expect(asked).toEqual([]);
    tell({ why: null });
    expect(asked).toHaveLength(1);
  });
});
