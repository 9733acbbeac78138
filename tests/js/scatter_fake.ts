/** Embedding scatters as Python would send them: six points in two rows, with numbers that are easy to know. */
import type { Model } from "../../js/src/widgets/embedding_scatter/wire";
import { FakeModel } from "./fake";

const KINDS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, float32: Float32Array };

export const packed = (dtype: keyof typeof KINDS, numbers: number[], shape = [numbers.length]) => ({
  dtype,
  shape,
  data: new DataView(KINDS[dtype].from(numbers).buffer),
});

/** Left to right, the lower row first. */
export const PLACES = [
  [-1, -0.5],
  [0, -0.5],
  [1, -0.5],
  [-1, 0.5],
  [0, 0.5],
  [1, 0.5],
];
export const TEXTS = ["a cat", "a dog", "two cats", "the sea", "a boat", "one catfish"];

export function cloudOf(places: number[][] = PLACES, more: Record<string, unknown> = {}) {
  const dims = places[0]?.length ?? 2;
  const codes = places.flat().map((one) => Math.round((one + 1) * 32767.5));
  return {
    ...{ data: 1, run: 1, count: places.length, dims, method: "pca", complete: true, notes: [] },
    ...{ iteration: 0, iterations: 0, explained: [0.5, 0.25], objective: [] },
    positions: packed("uint16", codes, [places.length, dims]),
    ...more,
  };
}

export const categories = (codes: number[], labels: string[], more: Record<string, unknown> = {}) => ({
  ...{ data: 1, name: "kind", kind: "category", codes: packed("uint8", codes), labels, low: 0, high: 0 },
  ...more,
});
export const numbers = (codes: number[], low: number, high: number) => ({
  ...{ data: 1, name: "distortion", kind: "number", codes: packed("uint8", codes), labels: [], low, high },
});

const described = (name: string, en: string, dead: string | null = null) => ({
  ...{ name, dead, title: { en, zh: en }, summary: { en: `${en}.`, zh: `${en}。` } },
});

/** A live scatter of animals and of the sea, the last of no kind. */
export function scatter(state: Record<string, unknown> = {}): FakeModel {
  return new FakeModel({
    ...{
      projection: "pca",
      dims: 2,
      ...{ perplexity: 30, learning_rate: null, halo: false, _halo: {} },
      color_by: "kind",
      point: null,
      selected: {},
      hidden: [],
    },
    ...{ search: "", layer: 0, drop: "", live: true, busy: false, language: "en", group: "", _fault: null },
    _projections: [
      described("pca", "PCA"),
      described("tsne", "t-SNE"),
      described("umap", "UMAP", "Missing."),
    ],
    _colorings: [
      described("none", "One colour"),
      described("kind", "Kind"),
      described("distortion", "Distortion"),
    ],
    _cloud: cloudOf(),
    _colours: categories([0, 0, 0, 1, 1, 255], ["animal", "sea"]),
    ...{ _score: {}, _near: {}, _dropped: {}, _trails: {}, _layers: [], _pictures: {}, _drops: "" },
    _texts: { data: 1, texts: TEXTS },
    ...state,
  });
}

export const asModel = (model: FakeModel) => model as unknown as Model;
