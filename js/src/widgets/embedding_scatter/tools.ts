import { h, set } from "../../core/dom";
import type { Speech, Word } from "../../core/words";
import type { Tool } from "./gestures";
import { tool as button } from "./tool";

const DRAGS: [Tool, Word, string][] = [
  ["move", "scatter.move", "M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6L2 8l2 2M12 6l2 2-2 2"],
  [
    "lasso",
    "scatter.lasso",
    "M5 11.5C2.5 10.5 2 9 2 7.5 2 5 4.7 3 8 3s6 2 6 4.5S11.3 12 8 12c-1 0-1.5-.3-1.5-1s.8-1 1.5-.6c1 .6.8 2.6-.5 3.6",
  ],
  [
    "box",
    "scatter.box",
    "M2.5 5v-2.500h2.500M7 2.500h2M11 2.500h2.500v2.500M13.5 7v2M13.5 11v2.500h-2.500M9 13.500h-2M5 13.500h-2.500v-2.500M2.5 9v-2",
  ],
];

const ZOOMS: [Zoom, Word, string][] = [
  ["in", "scatter.zoom.in", "M4 8h8M8 4v8"],
  ["out", "scatter.zoom.out", "M4 8h8"],
  ["all", "scatter.zoom.all", "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"],
];

export type Zoom = "in" | "out" | "all";

export interface Tools {
  el: HTMLElement;
  /** `ringed`: whether points have rings; null where there are none to be had. */
  update(facts: { tool: Tool; ringed: boolean | null; deep: boolean }): void;
}

/** What a drag does, and how near one stands. */
export function tools(options: {
  t: Speech;
  use(tool: Tool): void;
  zoom(zoom: Zoom): void;
  ring(): void;
  signal: AbortSignal;
}): Tools {
  const { t, use, zoom, ring, signal } = options;
  const face = (word: Word, path: string, press: () => void) => button(t(word), path, press, signal);
  const drags = DRAGS.map(([tool, word, path]) => [tool, word, face(word, path, () => use(tool))] as const);
  const zooms = ZOOMS.map(([kind, word, path]) => face(word, path, () => zoom(kind)));
  const halo = face("scatter.halo", "M8 5.500a2.500 2.500 0 1 0 .01 0M8 2a6 6 0 1 0 .01 0", ring);
  const el = h(
    "div",
    { class: "xai-tools xai-plot-tools", role: "group", "aria-label": t("scatter.tools") },
    ...drags.map(([, , one]) => one),
    h("span", "divide"),
    ...zooms,
    h("span", "divide"),
    halo,
  );
  return {
    el,
    update({ tool, ringed, deep }) {
      halo.hidden = (halo.previousSibling as HTMLElement).hidden = ringed === null;
      set(halo, { "aria-pressed": String(ringed === true) });
      for (const [kind, word, one] of drags) {
        const label = t(deep && kind === "move" ? "scatter.turn" : word);
        set(one, { "aria-pressed": String(kind === tool), title: label, "aria-label": label });
      }
    },
  };
}
