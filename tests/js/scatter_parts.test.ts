import { speech } from "../../js/src/core/words";
import { whole } from "../../js/src/widgets/embedding_scatter/camera";
import { progressWords } from "../../js/src/widgets/embedding_scatter/head";
import { known } from "../../js/src/widgets/embedding_scatter/known";
import { names } from "../../js/src/widgets/embedding_scatter/names";
import { over } from "../../js/src/widgets/embedding_scatter/over";
import { NONE } from "../../js/src/widgets/embedding_scatter/palette";
import { FADED, HIDDEN } from "../../js/src/widgets/embedding_scatter/points";
import { combined, toggled, wired } from "../../js/src/widgets/embedding_scatter/sets";
import { snapshot } from "../../js/src/widgets/embedding_scatter/snapshot";
import { onwards } from "../../js/src/widgets/embedding_scatter/walk";
import { asModel, categories, cloudOf, PLACES, packed, scatter, TEXTS } from "./scatter_fake";

const BLACK: [number, number, number] = [0, 0, 0];
const LIGHT = { dark: false, ink: BLACK, paper: BLACK.map(() => 255) as typeof BLACK, warn: BLACK };
const EVERYTHING = new Set([
  "_cloud",
  "_colours",
  "_score",
  "_near",
  "_dropped",
  "_trails",
  "_halo",
  "selected",
] as const);

function state(traits: Record<string, unknown> = {}) {
  const self = known(asModel(scatter(traits)));
  self.take(EVERYTHING);
  return self;
}
const nothing = { selected: new Uint32Array(0), found: null, hidden: [] };

describe("sets of points", () => {
  const before = Uint32Array.of(2, 5, 30);
  it("are replaced, added to and taken from, and stay in order", () => {
    const points = Uint32Array.of(4, 5);
    expect([...combined(before, points, "replace")]).toEqual([4, 5]);
    expect([...combined(before, points, "add")]).toEqual([2, 4, 5, 30]);
    expect([...combined(before, points, "remove")]).toEqual([2, 30]);
    expect([...toggled(before, 100)]).toEqual([2, 5, 30, 100]);
    expect([...toggled(before, 5)]).toEqual([2, 30]);
  });
  it("travel as their own bytes, and none as an empty dict", () => {
    expect(wired(new Uint32Array(0))).toEqual({});
    const part = Uint32Array.of(9, 2, 5).subarray(1);
    const { shape, data } = wired(part) as { shape: number[]; data: DataView };
    expect([shape, data.byteLength, data.getUint32(4, true)]).toEqual([[2], 8, 5]);
  });
});

describe("a walk", () => {
  const at = (places: [number, number][]) => (point: number) => places[point] as [number, number];
  const around =
    (places: [number, number][]) =>
    (_x: number, _y: number, _r?: number, most = Infinity) =>
      [...places.keys()].slice(0, most);
  it("goes to what is ahead, not to what is nearer but aside", () => {
    const places: [number, number][] = [
      [0, 0],
      [3, 5],
      [9, 1],
    ];
    expect(onwards(around(places), [0, 0], [1, 0], at(places), 3)).toBe(2);
    expect(onwards(around(places), [0, 0], [0, 1], at(places), 3)).toBe(1);
  });
  it("goes aside where nothing else is ahead, and nowhere at the end", () => {
    const places: [number, number][] = [
      [0, 0],
      [1, 50],
    ];
    expect(onwards(around(places), [0, 0], [1, 0], at(places), 2)).toBe(1);
    expect(onwards(around(places), [0, 0], [-1, 0], at(places), 2)).toBe(-1);
  });
  it("looks farther where the nearest all lie behind", () => {
    const places: [number, number][] = Array.from({ length: 100 }, (_, i) => [-1 - i / 100, 0]);
    places.push([50, 0]);
    expect(onwards(around(places), [0, 0], [1, 0], at(places), 101)).toBe(100);
  });
});

describe("how points look", () => {
  it("is by category, and grey where there is none", () => {
    const { colour } = state().look(nothing, LIGHT, 1);
    expect([...colour]).toEqual([0, 0, 0, 1, 1, NONE]);
  });
  it("is one colour where the colours are of other points", () => {
    const self = state({ _colours: categories([1, 1], ["a", "b"]) });
    expect([...self.look(nothing, LIGHT, 1).colour]).toEqual([0, 0, 0, 0, 0, 0]);
  });
  it("stands back where others are selected or found, and is away where the legend hides it", () => {
    const look = (more: object) => [...(state().look({ ...nothing, ...more }, LIGHT, 1).faded ?? [])];
    expect(look({})).toEqual([]);
    expect(look({ selected: Uint32Array.of(1) })).toEqual([FADED, 0, FADED, FADED, FADED, FADED]);
    expect(look({ selected: Uint32Array.of(1), found: Uint32Array.of(4) })).toEqual([
      FADED,
      0,
      FADED,
      FADED,
      0,
      FADED,
    ]);
    expect(look({ found: Uint32Array.of() })).toEqual(Array(6).fill(FADED));
    expect(look({ hidden: [1, -1] })).toEqual([0, 0, 0, HIDDEN, HIDDEN, HIDDEN]);
  });
  describe("with rings", () => {
    const codes = [0, 20, 76, 127, 254, 255];
    const halo = (more: object = {}) => ({
      halo: true,
      _halo: { data: 1, run: 1, codes: packed("uint8", codes) },
      ...more,
    });
    const ring = (traits: object, marked: object = {}) =>
      state(traits as never).look({ ...nothing, ...marked }, LIGHT, 1).halo;
    it("has them where a point cannot be believed, the stronger the less, and under the points", () => {
      const one = ring(halo());
      expect([...(one?.faded ?? [])]).toEqual([HIDDEN, HIDDEN, 0, 0, 0, HIDDEN]);
      // From white towards black, and no farther from half on, which is chance.
      const [weak = 0, strong = 0, chance = 0] = [76, 127, 254].map(
        (code) => (one?.palette[code] ?? 0) & 255,
      );
      expect(weak).toBeLessThan(255);
      expect(strong).toBeLessThan(weak);
      expect(chance).toBe(strong);
      const self = state(halo());
      expect(one?.size).toBeGreaterThan(self.sizeAt(1));
      expect([...self.look(nothing, LIGHT, 1).colour]).toEqual([0, 0, 0, 1, 1, NONE]);
    });
    it("has none where they are not wanted, not known, of another picture, or stand back", () => {
      expect(ring(halo({ halo: false }))).toBe(null);
      expect(ring({ halo: true, _halo: {} })).toBe(null);
      expect(ring(halo({ _cloud: cloudOf(PLACES, { run: 2 }) }))).toBe(null);
      expect(ring(halo(), { selected: Uint32Array.of(3) })?.faded).toEqual(
        Uint8Array.of(HIDDEN, HIDDEN, HIDDEN, 0, HIDDEN, HIDDEN),
      );
    });
    it("says the number, where there is one", () => {
      const self = state(halo());
      expect([self.distortion(3), self.distortion(5)]).toEqual([0.5, null]);
      expect(state(halo({ halo: false })).distortion(3)).toBe(null);
    });
  });
  it("is the same while nothing changes, so that nothing is drawn for nothing", () => {
    const self = state();
    const [one, other] = [self.look(nothing, LIGHT, 1), self.look(nothing, LIGHT, 1)];
    expect(other).toBe(one);
    expect(self.look(nothing, { ...LIGHT, dark: true }, 1)).not.toBe(one);
  });
});

describe("what lies over the cloud", () => {
  const at = (point: number): [number, number] => [100 + 10 * point, 50];
  function marks(traits: Record<string, unknown>, more: object = {}) {
    const self = state(traits);
    const texts = {
      all: () => TEXTS,
      of: (i: number) => TEXTS[i] ?? "",
      picture: () => null,
      want() {},
      wantPicture() {},
    };
    const called = names({ state: self, texts, font: () => "serif" });
    const facts = {
      state: self,
      names: called,
      point: null,
      pointed: [],
      found: null,
      lasso: null,
      landed: 1,
      layer: 1,
      colourOf: () => "red",
    };
    return over({ ...facts, ...more }, at, whole(400, 300));
  }
  it("is a whole line to each true neighbour, a dashed one and an open ring to each false one", () => {
    const near = { data: 1, run: 1, point: 0, true: [1, 2], distances: [1, 2], false: [3] };
    const found = marks({ point: 0, _near: near }, { point: 0 });
    const ways = found.flatMap((one) => (one.kind === "way" ? [[one.look, one.places[1]]] : []));
    expect(ways).toEqual([
      ["dashed", at(3)],
      ["solid", at(1)],
      ["solid", at(2)],
    ]);
    expect(found).toContainEqual({ kind: "ring", at: at(3), look: "false" });
    expect(found).toContainEqual({ kind: "ring", at: at(0), look: "chosen" });
  });
  it("is the way of each followed point through the layers", () => {
    const ways = [0, 0, 0.5, 0.5, 1, 0, -1, -1];
    const trails = { data: 1, run: 1, points: [3, 4], positions: packed("float32", ways, [2, 2, 2]) };
    const [first, ...rest] = marks({ _trails: trails }).filter((one) => one.kind === "way");
    expect(rest).toHaveLength(1);
    const [from = [0, 0], to = [0, 0]] = first?.kind === "way" ? first.places : [];
    expect(from).toEqual([200, 150]);
    expect(to[0]).toBeGreaterThan(200);
  });
  it("is what was dropped in, and nothing of another picture's", () => {
    const dropped = { data: 1, run: 1, text: "whale", position: [0, 0], near: [2], distances: [1] };
    const found = marks({ _dropped: dropped });
    expect(found).toContainEqual({ kind: "star", at: [200, 150] });
    expect(found.some((one) => one.kind === "name" && one.text === "whale")).toBe(true);
    expect(marks({ _dropped: { ...dropped, run: 2 } }).some(({ kind }) => kind === "star")).toBe(false);
  });
});

describe("the words of a projection", () => {
  const words = (more: Record<string, unknown>) =>
    progressWords(speech("en"), cloudOf(PLACES, more) as never);
  it("are iterations for t-SNE, how many there were when it is done, and nothing for points as given", () => {
    const tsne = { explained: [], iteration: 250, iterations: 750 };
    expect(words({ ...tsne, complete: false })).toBe("iteration 250 of 750");
    expect(words({ ...tsne, iteration: 750, objective: [[750, 0.5]] })).toBe("750 iterations · KL 0.50");
    expect(words({ explained: [] })).toBe("");
  });
});

describe("a saved picture", () => {
  function saved(traits: Record<string, unknown> = {}, hidden: number[] = []) {
    const self = state(traits);
    const camera = whole(400, 300);
    const inks = {
      ink: "rgb(0 0 0)",
      paper: "rgb(255 255 255)",
      accent: "blue",
      warn: "red",
      font: "serif",
      size: 8,
    };
    return snapshot({
      ...{
        state: self,
        points: self.points,
        look: self.look({ ...nothing, hidden }, LIGHT, 1),
        camera,
        inks,
      },
      ...{ dark: false, marks: () => [], picture: () => document.createElement("canvas") },
      ...{ title: "PCA", coloring: "Kind", note: "trustworthiness .94" },
    });
  }
  const texts = (svg: SVGSVGElement) => [...svg.querySelectorAll("text")].map((one) => one.textContent);
  it("has a circle a point, and says what it is and what its colours are", () => {
    const svg = saved();
    expect(svg.querySelectorAll("g circle")).toHaveLength(6);
    expect(texts(svg)).toEqual(["PCA", "trustworthiness .94", "Kind", "animal", "sea"]);
  });
  it("has the rings below the points", () => {
    const codes = packed("uint8", [254, 0, 0, 0, 0, 254]);
    const groups = saved({ halo: true, _halo: { data: 1, run: 1, codes } }).querySelectorAll(
      "g g, g > circle",
    );
    expect(groups[0]?.querySelectorAll("circle")).toHaveLength(2);
    expect(saved().querySelectorAll("g g")).toHaveLength(0);
  });
  it("leaves out what the legend hides", () => {
    expect(saved({}, [0]).querySelectorAll("g circle")).toHaveLength(3);
  });
  it("keeps what a text says as text", () => {
    const svg = saved({ _colours: categories([0, 0, 0, 0, 0, 0], ["<script>alert(1)</script>"]) });
    expect(svg.querySelector("script")).toBe(null);
    expect(texts(svg)).toContain("<script>alert(1)</script>");
  });
});
