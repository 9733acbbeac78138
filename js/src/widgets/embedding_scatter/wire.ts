import type { AnyModel } from "@anywidget/types";
import type { Packed } from "../../core/arrays";
import type { Language } from "../../core/words";

/** Something that Python names, in every language: a projection, a colouring. */
export interface Described {
  name: string;
  title: Record<Language, string>;
  summary: Record<Language, string>;
  /** Why it cannot be had here, or null. */
  dead?: string | null;
}

/** Where the points lie now. */
export interface Cloud {
  /** Changes with the data: another number, other points. */
  data: number;
  /** Changes with the projection. */
  run: number;
  count: number;
  dims: 2 | 3;
  /** uint16 [count, dims]: 0 … 65535 stands for −1 … 1, y up. */
  positions: Packed;
  method: string;
  iteration: number;
  iterations: number;
  complete: boolean;
  /** PCA: each axis' share of the variance. */
  explained: number[];
  /** t-SNE: [iteration, Kullback–Leibler divergence] so far. */
  objective: [number, number][];
  notes: string[];
}

/** How the points are coloured. */
export interface Colours {
  data: number;
  name: string;
  kind: "category" | "number" | "none";
  /** uint8 or uint16 [count]: a category's number, or 0 … 254 from low to high; the largest of its kind: not known. */
  codes: Packed | null;
  /** Categories' names, in the order of their numbers. */
  labels: string[];
  /** Numbers: what the first and the last code stand for. */
  low: number;
  high: number;
}

/** How far the whole picture can be believed. */
export interface Score {
  data: number;
  run: number;
  metric: string;
  k: number;
  /** Each with its half-width of a 95 % band, 0 when all points are known. */
  trustworthiness: [number, number];
  continuity: [number, number];
  /** The share of points that are known, 0 … 1. */
  known: number;
}

/** How far each point cannot be believed: uint8 [count], 0 … 254 from 0 to 1; 255: not known. */
export interface Halo {
  data: number;
  run: number;
  codes: Packed;
}

/** A chosen point's neighbours. */
export interface Near {
  data: number;
  run: number;
  point: number;
  /** Its nearest in the data, nearest first, and how far they are there. */
  true: number[];
  distances: number[];
  /** Of its nearest in the picture, those that are not among the nearest in the data. */
  false: number[];
}

/** What was dropped in: a text or a vector that is no point of the data. */
export interface Dropped {
  data: number;
  run: number;
  text: string;
  /** As the points: −1 … 1 on every axis. */
  position: number[];
  /** Its nearest points in the data. */
  near: number[];
  distances: number[];
}

/** A chosen point's way through the layers. */
export interface Trails {
  data: number;
  run: number;
  points: number[];
  /** float32 [layers, points, dims] in −1 … 1. */
  positions: Packed;
}

/** That points have pictures, which are asked for; an exported page has small ones of as many as there is room for. */
export interface Pictured {
  data: number;
  /** Those whose pictures are here: uint32 [m], ascending. */
  points?: Packed;
  /** Widths and heights: uint8 [m, 2]. */
  sizes?: Packed;
  /** PNG or JPEG files in which 64 pictures are one above the other, each so many pixels below the one before. */
  strips?: DataView<ArrayBuffer>[];
  cell?: number;
  /** How many could not be read. */
  unread?: number;
}

/** The synced traits. See the Python side, `widgets/embedding_scatter.py`, for the same in words. */
export interface State {
  projection: string;
  dims: number;
  perplexity: number;
  /** Null: what suits the number of points. */
  learning_rate: number | null;
  /** The name of a colouring. */
  color_by: string;
  /** Whether points that cannot be believed have a ring. */
  halo: boolean;
  /** The point whose neighbours are shown, or null. */
  point: number | null;
  /** Chosen points: uint32 [n], ascending; {} for none. */
  selected: object;
  /** Categories that are filtered out, by number. */
  hidden: number[];
  search: string;
  /** Which of `_layers` is shown. */
  layer: number;
  /** What is typed to be dropped in; "" for nothing. An expression such as "king - man + woman" where words are known. */
  drop: string;
  live: boolean;
  busy: boolean;
  language: string;
  group: string;
  _projections: Described[];
  _colorings: Described[];
  _cloud: object;
  _colours: object;
  _score: object;
  _halo: object;
  _near: object;
  _dropped: object;
  _trails: object;
  /** Names of the layers; empty where there is one. */
  _layers: string[];
  /** {data, texts: string[]} where there are few enough; {} else: they are asked for. */
  _texts: object;
  /** `Pictured` where points have pictures. */
  _pictures: object;
  /** Whether something can be dropped in, and what: "text", "words" (arithmetic), or "". */
  _drops: string;
  _fault: null | { message: string };
}

export type Model = AnyModel<State>;

/** What can be asked of the kernel; see `ask.ts`. */
export type Question =
  /** Answered with `texts: string[]` in the facts. */
  | { kind: "texts"; points: number[] }
  /** uint8 [height, width, 3]. */
  | { kind: "picture"; point: number }
  /** Which points match: uint32 [n]. */
  | { kind: "search"; text: string };

/** An empty dict stands for "not there yet". */
export const filled = <T>(raw: object | null | undefined): T | null =>
  raw && Object.keys(raw).length ? (raw as T) : null;

/** What something is called that Python describes; its name where nobody did. */
export const titleIn = (language: Language, described: Described[], name: string): string =>
  described.find((one) => one.name === name)?.title[language] ?? name;
