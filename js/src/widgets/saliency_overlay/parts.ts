import type { Mask } from "./cover";
import type { Estimate, Picture, Regions } from "./wire";

/** What can be drawn. */
export type Image = ImageBitmap | HTMLCanvasElement;

/** A panel's numbers over the box, as finely as they are drawn: row by row, NaN where nothing is known. */
export interface Heat {
  width: number;
  height: number;
  values: Float32Array;
  /** From this absolute value on colours are full: the largest that is known, 0 where there is none. */
  max: number;
  /** Few pixels of a fine map are so much larger than all others that they go beyond `max`. */
  beyond: boolean;
  signed: boolean;
  /** Cells or regions as they are, with hard edges between them. */
  crisp: boolean;
}

/** How heat becomes colour. The same for all panels. */
export interface Look {
  view: "blend" | "contour" | "mask";
  colormap: string;
  opacity: number;
  threshold: number;
  sign: "both" | "positive" | "negative" | "absolute";
}

/** Everything that one stage draws. The same object twice: nothing is drawn anew. */
export interface Scene {
  picture: Picture | null;
  bitmap: ImageBitmap | null;
  regions: Regions | null;
  heat: Heat | null;
  look: Look;
  /** What the model saw instead of the box's part of the picture, where something is hidden from it. */
  seen: Image | null;
  /** What a person has painted over, not yet answered. */
  cover: Mask | null;
  /** Regions that are outlined: hovered here or in a linked widget, and chosen ones. */
  hovered: readonly number[];
  selected: readonly number[];
}

/** A place in the picture that a pointer or the keyboard is at, in the picture's own pixels. */
export interface Place {
  x: number;
  y: number;
  /** Inside the box, the region it is in; else null. */
  region: number | null;
}

/** What a hand on the stage means. */
export type Mode = "look" | "paint" | "erase" | "region";

/** One canvas with the picture. All stages of a widget share a camera, so that they pan and zoom together. */
export interface Stage {
  el: HTMLElement;
  update(scene: Scene): void;
  /** A cross at the same place in all the stages. */
  point(at: Place | null): void;
}

/** Where one looks: the picture's pixel in the middle of the stage, and how much larger than fitting it is shown. */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

/** What a stage tells the view. */
export interface StageEvents {
  mode(): Mode;
  /** How wide the brush is, in the picture's own pixels. */
  brush?(): number;
  /** The pointer or the keyboard is here, or nowhere any more. */
  at(place: Place | null): void;
  /** A click or Enter where one looks, or on a region in the mode for it. */
  choose(place: Place): void;
  /** A stroke of the brush through these places; `done` with its last part. */
  stroke(places: Place[], done: boolean): void;
  /** The camera has moved: all stages are drawn anew. */
  moved(camera: Camera): void;
}

/** A panel as the view knows it: its numbers only where they belong to the picture that is shown. */
export interface Shown {
  estimate: Estimate;
  values: Float32Array;
  error: Float32Array;
  /** Each region's place among all by what the panel says (1 is the first), 0 where it is not known. */
  ranks: Uint16Array;
  heat: Heat;
}
