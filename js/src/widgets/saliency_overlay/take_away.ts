import { download } from "../../core/save";
import type { Theme } from "../../core/theme";
import type { Speech } from "../../core/words";
import type { Scene } from "./parts";
import { type LegendWords, snapshot } from "./snapshot";

/** Save what is seen as a file. Resolves to what to tell a person. */
export async function takePicture(
  t: Speech,
  scenes: { scene: Scene; title: string }[],
  legend: LegendWords,
  theme: Theme,
): Promise<string> {
  const name = "saliency.png";
  try {
    download(await snapshot(scenes, legend, theme), name);
    return t("saved", { name });
  } catch {
    return t("save.failed");
  }
}
