import type { AnyModel } from "@anywidget/types";
import type { Packed } from "../../core/arrays";
import type { Trust } from "../../core/badge";
import type { Method, RunState } from "../../core/status";
import type { Outputs } from "../../core/targets";

/** The picture that is looked at. Coordinates in it are its own pixels. */
export interface Picture {
  /** Grows with each other picture. */
  id: number;
  name: string;
  width: number;
  height: number;
  /** "image/jpeg" or "image/png". */
  mime: string;
  data: DataView<ArrayBuffer>;
  /** Where what the model sees lies in it: left, top, right, bottom. */
  box: [number, number, number, number];
  /** Rows and columns of what the model sees. */
  seen: [number, number];
  notes: string[];
}

/** What the features of the picture are. */
export interface Regions {
  picture: number;
  count: number;
  /** Rows and columns of a regular grid, or null. */
  grid: [number, number] | null;
  /** Each region's number, uint16 `seen`; null for a grid, whose pixel (y, x) is in row ⌊y · rows / H⌋ and so on. */
  labels: Packed | null;
  /** What they are called, for widgets that are linked. */
  names: string[];
  /** What an absent region shows, as large as what the model sees: a compressed picture; null without a model. */
  absent: { mime: string; data: DataView<ArrayBuffer> } | null;
}

/** What one panel shows: asked for by a person, and in its place the newest numbers. */
export interface Panel {
  /** Never given to another panel. */
  id: number;
  /** Which of the widget's models, by number. */
  model: number;
  method: string;
  /** See `core/targets.ts`. */
  target: null | number | string | (number | string)[];
  /** A module's name; null: the method's own choice. */
  layer: string | null;
}

/** A panel's numbers. */
export interface Estimate {
  panel: number;
  picture: number;
  run: number;
  method: string;
  target: string;
  contrast: string | null;
  targets: [] | [number] | [number, number];
  /** The layer that was looked at, or null. */
  layer: string | null;
  /** One value and one error for each region, float32 [n]; NaN: not known. */
  values: Packed;
  error: Packed;
  /** The same as finely as the method knows it: int16 [h, w] over `box`, −32768: not known; times `scale`. */
  map: { codes: Packed; scale: number } | null;
  unit: string;
  signed: boolean;
  output: number | null;
  baseline_output: number | null;
  evaluations: number;
  seconds: number;
  relative_error: number | null;
  error_kind: string;
  state: RunState;
  stopped_by: string | null;
  notes: string[];
  /** Why it could not be computed, in a sentence, or null. */
  fault: string | null;
  trust: Trust | Record<string, never>;
}

/** A layer whose cells lie over the picture. */
export interface LayerShape {
  name: string;
  /** Channels, rows, columns. */
  shape: [number, number, number];
}

/** A model as the panels name it. */
export interface ModelFacts {
  name: string;
  methods: Method[];
  /** In the order in which they run; empty: it cannot be looked into. */
  layers: LayerShape[];
  /** Methods that take a layer. */
  layered: string[];
  /** Whether regions can be hidden from it. */
  hides: boolean;
  outputs: Outputs | Record<string, never>;
}

/** A picture of the film. */
export interface Frame {
  name: string;
  mime: string;
  /** At most 96 pixels a side. */
  data: DataView<ArrayBuffer>;
}

/** How far the film is with a picture. */
export interface FrameFacts {
  state: "waiting" | "running" | "done" | "failed";
  label: string;
  /** The probability of the label, or its score where there are none. */
  score: number | null;
  trust: Trust | Record<string, never>;
  fault: string | null;
}

/** What the deletion and the insertion game told, or as far as it is known. */
export interface Game {
  panel: number;
  picture: number;
  run: number;
  /** Regions in the order in which they go. */
  order: number[];
  /** How many are gone (deletion), or are all there is (insertion), at each step; the first is 0, the last all. */
  steps: number[];
  /** The score at each step, float32; empty before it is known. */
  deletion: Packed;
  insertion: Packed;
  /** float32 [3, steps]: the lower end, the mean and the upper end of random orders; null before they are known. */
  random_deletion: Packed | null;
  random_insertion: Packed | null;
  /** The area under the scores over the share of regions; and of random orders' areas the mean, and between which ends
   * the middle 95 % of them lie: [own, mean, low, high]. Null before they are known. */
  deletion_area: [number, number, number, number] | null;
  insertion_area: [number, number, number, number] | null;
  done: boolean;
}

/** The synced traits. See the Python side, `widgets/saliency_overlay.py`, for the same in words. */
export interface State {
  panels: Panel[];
  /** Which picture of the film. */
  current: number;
  /** Regions that are chosen. */
  selected: number[];
  /** How it looks: also set from Python. */
  view: "blend" | "contour" | "mask";
  colormap: string;
  /** 0 … 1. */
  opacity: number;
  /** A share of the largest value under which nothing is shown, 0 … 1. */
  threshold: number;
  /** "both", "positive", "negative", "absolute". */
  sign: string;
  /** 0 (cells as they are) … 1. */
  smoothing: number;
  live: boolean;
  busy: boolean;
  language: string;
  group: string;
  _picture: object;
  _regions: object;
  _models: object[];
  /** Finished ones, and those at rest, in any order: by panel. */
  _estimates: object[];
  /** The one that is being computed, newer than the one in `_estimates`; {} between. */
  _now: object;
  _frames: object[];
  _film: object[];
  _game: object;
  _fault: null | { message: string };
}

export type Model = AnyModel<State>;

/** A cover that a person painted: `runs` of clear and covered pixels in turn, row by row, beginning with clear. */
export interface Cover {
  height: number;
  width: number;
  runs: number[];
}

/** What can be asked of the kernel; see `core/ask.ts`. */
export type Question =
  /** The scores with a part hidden: `outputs` (as in `ModelFacts`), `output` and `before` (the explained score) in the
   * facts, and what the model saw, uint8 [H, W, 3]. */
  | { kind: "hide"; panel: number; cover: Cover; fill: "baseline" | "blur" | "mean" | "noise" }
  /** A layer's maps that count most for the panel's target: `units`, `contributions` (numbers, largest first), `total`
   * (how many maps there are) in the facts, uint8 [k, h, w] with 0 … 255 from each map's lowest to its highest. */
  | { kind: "features"; panel: number; layer: string }
  /** Play the deletion and insertion game for a panel; answered at once, `_game` follows. */
  | { kind: "game"; panel: number }
  /** Compute a panel that failed once more; answered at once, its estimate follows. */
  | { kind: "again"; panel: number };

/** An empty dict stands for "not there yet". */
export const filled = <T>(raw: object | null | undefined): T | null =>
  raw && Object.keys(raw).length ? (raw as T) : null;
