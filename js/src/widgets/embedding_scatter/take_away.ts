import { copy, download, pngBlob, svgBlob } from "../../core/save";
import type { Speech } from "../../core/words";
import { PRINT, type SnapshotFacts, snapshot } from "./snapshot";
import { SHEETS, tool } from "./tool";

export interface TakeAway {
  /** What belongs at the end of the row. */
  faces: HTMLElement[];
  copy(): Promise<void>;
}

/** What a person takes along: the picture as a file, or points as a table. */
export function takeAway(options: {
  t: Speech;
  facts(): SnapshotFacts;
  table(): string;
  /** Tell a person what has been done. */
  confirm(told: string): void;
  signal: AbortSignal;
}): TakeAway {
  const { t, facts, table, confirm, signal } = options;

  async function take(kind: "svg" | "png"): Promise<void> {
    const name = `embedding.${kind}`;
    try {
      const svg = snapshot(facts());
      download(kind === "svg" ? svgBlob(svg) : await pngBlob(svg, PRINT), name);
      confirm(t("saved", { name }));
    } catch {
      confirm(t("save.failed"));
    }
  }
  const copied = async () => confirm(t((await copy(table())) ? "copied" : "copy.failed"));

  return {
    faces: [
      tool(t("scatter.copy"), SHEETS, copied, signal),
      tool(t("svg"), "SVG", () => take("svg"), signal),
      tool(t("png"), "PNG", () => take("png"), signal),
    ],
    copy: copied,
  };
}
