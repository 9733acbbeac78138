import { h } from "../../core/dom";
import type { Life } from "../../core/life";
import type { Outputs, Targets } from "../../core/targets";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import type { Mode, Place, Scene, Shown } from "./parts";
import type { Model, Panel } from "./wire";

export interface ClaimFacts {
  panel: Panel;
  /** Its numbers, null where they answer an older question. */
  shown: Shown | null;
  /** What the model says of the whole picture, and which of it is explained. */
  outputs: Outputs | null;
  targets: Targets;
  /** Why nothing can be asked, or null. */
  why: string | null;
}

/** What tests the active panel's claim: parts are hidden, regions go one by one, maps of a layer are laid over. */
export interface Claim {
  el: HTMLElement;
  update(facts: ClaimFacts): void;
  /** What a hand on the picture means. */
  mode(): Mode;
  /** The brush's diameter in the picture's own pixels. */
  brush(): number;
  /** Whether it takes the click. */
  choose(place: Place): boolean;
  stroke(places: Place[], done: boolean): void;
  /** The active panel's scene as the open test has it; the same where none is open. */
  scene(scene: Scene): Scene;
  /** What is laid over the picture instead of the panel's map, or "". */
  title(): string;
}

export function claim(_: {
  t: Speech;
  model: Model;
  life: Life;
  state: Known;
  /** Draw everything anew. */
  changed(): void;
  signal: AbortSignal;
}): Claim {
  return {
    el: h("div"),
    update() {},
    mode: () => "look",
    brush: () => 16,
    choose: () => false,
    stroke() {},
    scene: (scene) => scene,
    title: () => "",
  };
}
