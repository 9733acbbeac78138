/** Saliency overlays as Python would send them: a picture of 6 × 4 pixels in regions of 2 × 3, with known numbers. */
import type { Cover, Model } from "../../js/src/widgets/saliency_overlay/wire";
import { FakeModel } from "./fake";

const KINDS = { uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

export const packed = (dtype: keyof typeof KINDS, numbers: number[], shape = [numbers.length]) => ({
  dtype,
  shape,
  data: new DataView(KINDS[dtype].from(numbers).buffer),
});

export const bytes = () => new DataView(new Uint8Array([1, 2, 3]).buffer);

export const pictureOf = (id = 1, more: object = {}) => ({
  ...{ id, name: `picture ${id}`, width: 6, height: 4, mime: "image/png", data: bytes() },
  ...{ box: [0, 0, 6, 4], seen: [4, 6], notes: [] },
  ...more,
});

export const regionsOf = (picture = 1, more: object = {}) => ({
  ...{ picture, count: 6, grid: [2, 3], labels: null, absent: null },
  names: ["a", "b", "c", "d", "e", "f"],
  ...more,
});

export const VALUES = [0.5, -0.25, 0.1, 0, 0.3, -0.4];

export const estimateOf = (panel = 1, values = VALUES, more: object = {}) => ({
  ...{ panel, picture: 1, run: 1, method: "occlusion", target: "cat", contrast: null, targets: [0] },
  ...{ layer: null, values: packed("float32", values), map: null, unit: "logit", signed: true },
  error: packed(
    "float32",
    values.map(() => 0.01),
  ),
  ...{ output: 3, baseline_output: 1, evaluations: 7, seconds: 0.1, relative_error: 0.02 },
  ...{ error_kind: "band", state: "done", stopped_by: "tolerance", notes: [], fault: null, trust: {} },
  ...more,
});

export const verdict = (kind: string) => ({
  kind,
  label: { en: `${kind} 99 %`, zh: `${kind} 99 %` },
  why: { en: `Why ${kind}.`, zh: `为何 ${kind}。` },
});

const described = (name: string, title: string) => ({
  ...{ name, dead: null, title: { en: title, zh: title }, summary: { en: title, zh: title } },
});

export const modelOf = (more: object = {}) => ({
  name: "net",
  methods: [
    described("occlusion", "Occlusion"),
    described("grad_cam", "Grad-CAM"),
    described("saliency", "Gradient"),
  ],
  layers: [
    { name: "early", shape: [8, 14, 14] },
    { name: "late", shape: [32, 7, 7] },
  ],
  layered: ["grad_cam"],
  hides: true,
  outputs: {
    ...{ input: 1, kind: "class", labels: ["cat", "dog", "sea"], ids: [0, 1, 2], total: 3 },
    ...{ probabilities: [0.7, 0.2, 0.1], scores: [3, 2, 1] },
  },
  ...more,
});

export const panelOf = (id = 1, more: object = {}) => ({
  ...{ id, model: 0, method: "occlusion", target: null, layer: null },
  ...more,
});

/** A live overlay with one finished panel. */
export function overlay(state: Record<string, unknown> = {}): FakeModel {
  return new FakeModel({
    ...{ panels: [panelOf()], current: 0, selected: [], view: "blend", colormap: "", opacity: 0.7 },
    ...{ threshold: 0, sign: "both", smoothing: 1, live: true, busy: false, language: "en", group: "" },
    ...{ _picture: pictureOf(), _regions: regionsOf(), _models: [modelOf()], _estimates: [estimateOf()] },
    ...{ _now: {}, _frames: [], _film: [], _game: {}, _fault: null },
    ...state,
  });
}

export const asModel = (model: FakeModel) => model as unknown as Model;

/** What a cover hides as it went to the kernel, row by row: the way back of `coverOf`. */
export const covered = ({ runs }: Cover): number[] =>
  runs.flatMap((run, i) => Array.from({ length: run }, () => i % 2));
