import type { Legend } from "../../core/legend";
import { pngOf } from "../../core/save";
import type { Theme } from "../../core/theme";
import { stops } from "./compose";
import { css, type Pen, paintScene } from "./paint";
import type { Scene } from "./parts";
import { isDark } from "./ramps";

export type LegendWords = ReturnType<Legend["words"]>;

/** No side of the file is longer, and a small picture becomes at least so large. Pixels. */
const [MOST, LEAST] = [8192, 768];
/** All that follows is in parts of which a picture's longer side is so many long. */
const SIDE = 512;
const EDGE = 20;
const LINE = 20;
const SMALL = 12;
const BAR = { wide: 320, high: 12 };
const FONT = 'system-ui, -apple-system, "Segoe UI", sans-serif';

/** How panels stand beside each other, and how many pixels of the file a part takes. */
export function sheetOf(picture: { width: number; height: number }, panels: number) {
  const part = SIDE / Math.max(picture.width, picture.height);
  const [wide, high] = [picture.width * part, picture.height * part];
  const columns = panels > 3 ? Math.ceil(Math.sqrt(panels)) : Math.max(1, panels);
  const rows = Math.ceil(panels / columns);
  const width = Math.max(columns * (wide + EDGE) + EDGE, BAR.wide + 2 * EDGE);
  const height = rows * (high + LINE + EDGE) + EDGE + 5 * LINE;
  const longest = Math.max(picture.width, picture.height);
  // Whole pixels of the file for one of the picture's, so that small ones stay sharp.
  const dense = Math.min(Math.ceil(LEAST / longest) / part, MOST / Math.max(width, height));
  return { width, height, columns, wide, high, dense };
}

/** Text that is cut short where it would not fit. */
function fitted(pen: Pen, text: string, most: number): string {
  if (pen.measureText(text).width <= most) return text;
  const letters = [...text];
  while (letters.length && pen.measureText(`${letters.join("")}…`).width > most) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

/** A PNG of whole panels side by side at the full resolution of the picture, with their captions and the legend. */
export function snapshot(
  scenes: { scene: Scene; title: string }[],
  legend: LegendWords,
  theme: Theme,
): Promise<Blob> {
  const first = scenes[0]?.scene;
  if (!first?.picture) return Promise.reject(new Error("there is no picture yet"));
  const { width, height, columns, wide, high, dense } = sheetOf(first.picture, scenes.length);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.round(width * dense), height: Math.round(height * dense) });
  const pen = canvas.getContext("2d");
  if (!pen) return Promise.reject(new Error("this browser has no canvas"));
  const write = (text: string, x: number, y: number, most: number, align: CanvasTextAlign = "left") => {
    pen.textAlign = align;
    pen.fillText(fitted(pen, text, most), x, y);
  };
  pen.fillStyle = css(theme.paper);
  pen.fillRect(0, 0, canvas.width, canvas.height);
  // Between two pixels of the file, each of a picture's would be mixed with the next.
  const snapped = (at: number) => Math.round(at * dense) / dense;
  for (const [i, { scene, title }] of scenes.entries()) {
    const left = snapped(EDGE + (i % columns) * (wide + EDGE));
    const top = snapped(EDGE + LINE + Math.floor(i / columns) * (high + LINE + EDGE));
    const scale = wide / (scene.picture?.width ?? 1);
    paintScene(pen, scene, { width, height, left, top, scale, dense, theme });
    pen.fillStyle = css(theme.ink);
    pen.font = `600 14px ${FONT}`;
    write(title, left, top - 7, wide);
  }
  const { heat, look } = scenes.map(({ scene }) => scene).find((scene) => scene.heat) ?? first;
  if (heat) {
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.font = `${SMALL}px ${FONT}`;
    const top = height - EDGE - 3 * LINE + 4;
    const gradient = pen.createLinearGradient(EDGE, 0, EDGE + BAR.wide, 0);
    const colours = stops(heat.signed, look, isDark(theme), 1);
    for (const [i, colour] of colours.entries()) gradient.addColorStop(i / 255, colour);
    pen.fillStyle = gradient;
    pen.fillRect(EDGE, top, BAR.wide, BAR.high);
    pen.strokeStyle = css(theme.ink, 0.25);
    pen.lineWidth = 1;
    pen.strokeRect(EDGE + 0.5, top + 0.5, BAR.wide - 1, BAR.high - 1);
    pen.fillStyle = css(theme.ink);
    const places = [
      [EDGE, "left"],
      [EDGE + BAR.wide / 2, "center"],
      [EDGE + BAR.wide, "right"],
    ] as const;
    const [low = "", high = ""] = legend.ends;
    write(low, EDGE, top - 6, BAR.wide / 2 - 8);
    write(high, EDGE + BAR.wide, top - 6, BAR.wide / 2 - 8, "right");
    for (const [i, [x, align]] of places.entries())
      write(legend.ticks[i] ?? "", x, top + BAR.high + SMALL + 3, BAR.wide / 3, align);
    write(legend.note, EDGE, top + BAR.high + SMALL + 3 + LINE, width - 2 * EDGE);
  }
  return pngOf(canvas);
}
