import { channels, type Rgb, themeOf } from "../../core/theme";
import type { Inks } from "./marks";

/** The theme's colours, as the cloud is drawn with them. */
export interface CloudTheme {
  dark: boolean;
  ink: Rgb;
  paper: Rgb;
  warn: Rgb;
  inks: Omit<Inks, "size">;
}

const css = (one: Rgb) => `rgb(${one.map(Math.round).join(" ")})`;

/** The colours of the theme that `root` stands in. */
export function cloudTheme(root: HTMLElement): CloudTheme {
  const { paper, ink, accent } = themeOf(root);
  const style = getComputedStyle(root);
  const warn = channels(style.getPropertyValue("--xai-warn").trim() || "#c62828", paper);
  return {
    dark: paper[0] + paper[1] + paper[2] < 384,
    ...{ ink, paper, warn },
    inks: {
      ...{ ink: css(ink), paper: css(paper), accent: css(accent), warn: css(warn) },
      font: style.fontFamily || "sans-serif",
    },
  };
}
