import type { Rgb, Theme } from "../../core/theme";
import type { Lie, Size } from "./camera";
import { colourOf, composed, counted, edgeOf, lineColourOf } from "./compose";
import { borders, isoLines, type Line } from "./contour";
import type { Heat, Image, Look, Scene } from "./parts";
import { isDark } from "./ramps";
import type { Picture } from "./wire";

export type Pen = CanvasRenderingContext2D;

/** Where and how large a scene is painted. */
export interface Room extends Size, Lie {
  /** Pixels of the canvas for one of these. */
  dense: number;
  theme: Theme;
  /** Quickly, while it moves. */
  moving?: boolean;
}

/** Pixels that grow by more than this keep their edges. */
const CRISP = 4;
/** Outside of what the model sees, so much of the paper lies over the picture. */
const UNSEEN = 0.5;

export const css = (colour: Rgb | readonly number[], alpha = 1): string =>
  `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;

export const DARK = css([0, 0, 0], 0.8);
export const PALE = css([255, 255, 255], 0.9);

/** The hairlines around what the model sees: how far outside, and in which colour. */
const BOX = [
  [0.5, css([255, 255, 255], 0.85)],
  [1.5, css([0, 0, 0], 0.3)],
] as const;

/** The same again while nothing has changed. */
export function kept<K extends object, V>(): (key: K, also: string, make: () => V) => V {
  const all = new WeakMap<K, { also: string; value: V }>();
  return (key, also, make) => {
    const known = all.get(key);
    if (known?.also === also) return known.value;
    const value = make();
    all.set(key, { also, value });
    return value;
  };
}

const keptOverlay = kept<Heat, { overlay: HTMLCanvasElement | null; grey: HTMLCanvasElement | null }>();
const keptLines = kept<Heat, { lines: Line[]; colour: readonly number[]; wide: number }[]>();
const keptUnknown = kept<Heat, number[]>();

export const canvasOf = (
  width: number,
  height: number,
  draw: (pen: Pen) => void,
): HTMLCanvasElement | null => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  if (pen) draw(pen);
  return pen && canvas;
};

/** A canvas whose pixels are put one by one: red, green, blue and alpha from `at` on are those of pixel `i`. */
export const pixels = (
  width: number,
  height: number,
  put: (data: Uint8ClampedArray, at: number, i: number) => void,
): HTMLCanvasElement | null =>
  canvasOf(width, height, (pen) => {
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) put(image.data, 4 * i, i);
    pen.putImageData(image, 0, 0);
  });

const keyOf = ({ view, colormap, opacity, threshold, sign }: Look, dark: boolean) =>
  [view, colormap, opacity, threshold, sign, dark].join();

/** What lies over the box, and the same in grey. */
const overlayOf = (heat: Heat, look: Look, dark: boolean) =>
  keptOverlay(heat, keyOf(look, dark), () => {
    const { width, height } = heat;
    const overlay = canvasOf(width, height, (pen) => pen.putImageData(composed(heat, look, dark), 0, 0));
    const grey = canvasOf(width, height, (pen) => {
      if (overlay) pen.drawImage(overlay, 0, 0);
      pen.globalCompositeOperation = "source-in";
      pen.fillStyle = "#808080";
      pen.fillRect(0, 0, width, height);
    });
    return { overlay, grey };
  });

/** The lines of a contour view: at the edge of what counts and at two levels above it, on each side of zero. */
const linesOf = (heat: Heat, look: Look, dark: boolean) =>
  keptLines(heat, keyOf(look, dark), () => {
    const { width, height, max, signed, crisp } = heat;
    const edge = edgeOf(look);
    const values = heat.values.map((value) => counted(value, signed, look.sign) / (max || 1));
    const both = signed && look.sign !== "absolute";
    return (both ? [1, -1] : [1]).flatMap((side) => {
      const sized = side > 0 ? values : values.map((value) => -value);
      return [0, 1, 2].map((step) => {
        const level = edge + ((1 - edge) * step) / 3;
        const lines = crisp
          ? borders((i) => (sized[i] as number) >= level, width, height)
          : isoLines(sized, width, height, level);
        return {
          lines,
          colour: lineColourOf(side * level, signed, look, dark),
          wide: 1.75 + 0.5 * step,
        };
      });
    });
  });

/** Stretches of pixels that are not known: left, top and width of each. */
const unknownOf = (heat: Heat) =>
  keptUnknown(heat, "", () => {
    const all: number[] = [];
    const { width, height, values } = heat;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const start = x;
        while (x < width && Number.isNaN(values[y * width + x])) x++;
        if (x > start) all.push(start, y, x - start);
      }
    return all;
  });

/** Draw in pixels of a field that lies over the box. */
export function overBox(pen: Pen, picture: Picture, room: Room, field: Size, draw: (pen: Pen) => void): void {
  const [left, top, right, bottom] = picture.box;
  const { scale } = room;
  pen.save();
  pen.translate(room.left + left * scale, room.top + top * scale);
  pen.scale(((right - left) * scale) / field.width, ((bottom - top) * scale) / field.height);
  draw(pen);
  pen.restore();
}

/** Lines in pixels of a field over the box, each stroke as wide as it would be without it. */
export function strokes(
  pen: Pen,
  picture: Picture,
  room: Room,
  field: Size,
  lines: Line[],
  styles: [colour: string, wide: number][],
): void {
  pen.beginPath();
  overBox(pen, picture, room, field, () => {
    for (const line of lines)
      for (let i = 0; i < line.length; i += 2)
        pen[i ? "lineTo" : "moveTo"](line[i] as number, line[i + 1] as number);
  });
  pen.lineJoin = "round";
  for (const [colour, wide] of styles) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.stroke();
  }
}

/** A picture in a rectangle, of which only the part on the canvas is drawn. */
function image(pen: Pen, bitmap: Image, [x, y, width, height]: number[], room: Room): void {
  const [left, top] = [Math.max(0, x as number), Math.max(0, y as number)];
  const right = Math.min(room.width, (x as number) + (width as number));
  const bottom = Math.min(room.height, (y as number) + (height as number));
  if (right <= left || bottom <= top) return;
  const [wide, high] = [(width as number) / bitmap.width, (height as number) / bitmap.height];
  pen.imageSmoothingEnabled = wide * room.dense <= CRISP;
  pen.imageSmoothingQuality = room.moving ? "low" : "high";
  pen.drawImage(
    bitmap,
    ...([(left - (x as number)) / wide, (top - (y as number)) / high] as const),
    ...([(right - left) / wide, (bottom - top) / high] as const),
    ...([left, top, right - left, bottom - top] as const),
  );
}

function hatched(pen: Pen, heat: Heat, picture: Picture, room: Room): void {
  const unknown = unknownOf(heat);
  if (!unknown.length) return;
  const { width, height, dense } = room;
  pen.save();
  pen.beginPath();
  overBox(pen, picture, room, heat, () => {
    for (let i = 0; i < unknown.length; i += 3)
      pen.rect(unknown[i] as number, unknown[i + 1] as number, unknown[i + 2] as number, 1);
  });
  pen.clip();
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.lineWidth = 1;
  for (const [shift, colour] of [
    [0, css([0, 0, 0], 0.35)],
    [1, css([255, 255, 255], 0.35)],
  ] as const) {
    pen.beginPath();
    for (let x = shift - height; x < width; x += 8) {
      pen.moveTo(x, height);
      pen.lineTo(x + height, 0);
    }
    pen.strokeStyle = colour;
    pen.stroke();
  }
  pen.restore();
}

function heated(pen: Pen, heat: Heat, look: Look, picture: Picture, room: Room): void {
  const dark = isDark(room.theme);
  if (look.view === "contour") {
    // One kind of halo for all lines, such that the strongest stands out from it.
    const [red, green, blue] = colourOf(1, heat.signed, look, dark);
    const halo = 0.3 * red + 0.6 * green + 0.1 * blue > 160 ? css([0, 0, 0], 0.6) : PALE;
    for (const { lines, colour, wide } of linesOf(heat, look, dark))
      strokes(pen, picture, room, heat, lines, [
        [halo, wide + 1.75],
        [css(colour), wide],
      ]);
    return;
  }
  // The picture is grey under the heat, so that its own colours are not taken for the heat's.
  const { overlay, grey } = overlayOf(heat, look, dark);
  for (const [layer, how] of [
    [grey, "saturation"],
    [overlay, "source-over"],
  ] as const) {
    if (!layer) continue;
    pen.globalCompositeOperation = how;
    overBox(pen, picture, room, heat, () => {
      pen.imageSmoothingEnabled = !heat.crisp;
      pen.imageSmoothingQuality = "high";
      pen.drawImage(layer, 0, 0);
    });
  }
  pen.globalCompositeOperation = "source-over";
}

/** The picture, and what a panel says of it. */
export function paintScene(pen: Pen, { picture, bitmap, seen, heat, look }: Scene, room: Room): void {
  if (!picture) return;
  const { scale, dense, theme } = room;
  const { paper } = theme;
  const [left, top, right, bottom] = picture.box;
  const rect = [room.left, room.top, picture.width * scale, picture.height * scale] as const;
  const box = [
    room.left + left * scale,
    room.top + top * scale,
    (right - left) * scale,
    (bottom - top) * scale,
  ];
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  if (bitmap) image(pen, bitmap, [...rect], room);
  else {
    pen.fillStyle = css(theme.ink, 0.06);
    pen.fillRect(...rect);
  }
  const whole = left <= 0 && top <= 0 && right >= picture.width && bottom >= picture.height;
  const [x, y, width, height] = box as [number, number, number, number];
  if (!whole) {
    pen.fillStyle = css(paper, UNSEEN);
    pen.beginPath();
    pen.rect(...rect);
    pen.rect(x, y, width, height);
    pen.fill("evenodd");
  }
  if (seen) image(pen, seen, box, room);
  pen.save();
  pen.beginPath();
  pen.rect(...rect);
  pen.clip();
  if (heat) {
    heated(pen, heat, look, picture, room);
    hatched(pen, heat, picture, room);
  }
  for (const [grow, colour] of whole ? [] : BOX) {
    pen.lineWidth = 1;
    pen.strokeStyle = colour;
    pen.strokeRect(x - grow, y - grow, width + 2 * grow, height + 2 * grow);
  }
  pen.restore();
}
