import { h } from "../../core/dom";
import type { Speech } from "../../core/words";
import type { Camera, Stage, StageEvents } from "./parts";

export interface StageOptions {
  t: Speech;
  signal: AbortSignal;
  /** Shared by all stages. */
  camera: Camera;
  events: StageEvents;
  label: string;
}

/** A canvas with the picture and what a panel says of it. */
export function stage({ label }: StageOptions): Stage {
  const canvas = h("canvas", "");
  const el = h("div", { class: "xai-stage", tabindex: 0, role: "application", "aria-label": label }, canvas);
  return {
    el,
    update() {},
    point() {},
  };
}
