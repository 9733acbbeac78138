import { button, icon, on, set } from "../../core/dom";
import type { Speech } from "../../core/words";

const ORDER = ["look", "home", "help", "png"] as const;

export type Tool = (typeof ORDER)[number];

const ICONS: Record<Exclude<Tool, "png">, string> = {
  look: "M2.500 4.500h6M11.500 4.500h2M10 3v3M2.500 11.500h2M7.500 11.500h6M6 10v3",
  home: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
  help: "M5.800 6a2.200 2.200 0 1 1 3.400 1.800c-.8.5-1.200.9-1.200 1.700M8 12v.01",
};

/** The small buttons on the right of the head. */
export function tools(t: Speech, home: HTMLElement, use: (tool: Tool) => void, signal: AbortSignal) {
  const faces = ORDER.map((tool) => {
    const one = button("tool", tool === "png" ? "PNG" : icon(ICONS[tool]));
    const words = tool === "png" ? t("png") : t(`saliency.tool.${tool}`);
    set(one, { title: words, "aria-label": words });
    on(one, "click", () => use(tool), signal);
    home.append(one);
    return [tool, one] as const;
  });
  return {
    /** Which of them stand open. */
    update(open: Partial<Record<Tool, boolean>>): void {
      for (const [tool, one] of faces)
        if (tool in open)
          set(one, { "aria-expanded": String(open[tool]), "aria-pressed": String(open[tool]) });
    },
  };
}
