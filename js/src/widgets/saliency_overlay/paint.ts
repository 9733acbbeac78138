import type { Rgb, Theme } from "../../core/theme";
import type { Lie, Size } from "./camera";
import { colourOf, composed, counted, edgeOf } from "./compose";
import { borders, isoLines, type Line } from "./contour";
import { regionAt } from "./heat";
import type { Heat, Look, Place, Scene } from "./parts";
import { isDark } from "./ramps";
import type { Cover, Picture, Regions } from "./wire";

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
/** So many outlines are kept. */
const MANY = 64;

export const css = (colour: Rgb | readonly number[], alpha = 1): string =>
  `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;

const DARK = css([0, 0, 0], 0.8);
const PALE = css([255, 255, 255], 0.9);

/** The same again while nothing has changed. */
function kept<K extends object, V>(): (key: K, also: string, make: () => V) => V {
  const all = new WeakMap<K, { also: string; value: V }>();
  return (key, also, make) => {
    const known = all.get(key);
    if (known?.also === also) return known.value;
    const value = make();
    all.set(key, { also, value });
    return value;
  };
}

const keptOverlay = kept<Heat, HTMLCanvasElement | null>();
const keptLines = kept<Heat, { lines: Line[]; colour: readonly number[]; wide: number }[]>();
const keptUnknown = kept<Heat, number[]>();
const keptOutlines = kept<Regions, Map<string, Line[]>>();
const keptCover = kept<Cover, { canvas: HTMLCanvasElement | null; lines: Line[] }>();

const canvasOf = (width: number, height: number, draw: (pen: Pen) => void): HTMLCanvasElement | null => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  if (pen) draw(pen);
  return pen && canvas;
};

const keyOf = ({ view, colormap, opacity, threshold, sign }: Look, dark: boolean) =>
  [view, colormap, opacity, threshold, sign, dark].join();

const overlayOf = (heat: Heat, look: Look, dark: boolean) =>
  keptOverlay(heat, keyOf(look, dark), () =>
    canvasOf(heat.width, heat.height, (pen) => pen.putImageData(composed(heat, look, dark), 0, 0)),
  );

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
        return { lines, colour: colourOf(side * level, signed, look, dark), wide: 1.25 + 0.5 * step };
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

/** Lines around some regions, in pixels of what the model sees. */
function outlineOf(regions: Regions, [height, width]: [number, number], some: readonly number[]): Line[] {
  const [rows, columns] = regions.grid ?? [height, width];
  const wanted = new Set(some);
  const known = keptOutlines(regions, "", () => new Map());
  const key = some.join();
  const lines =
    known.get(key) ??
    borders(
      (i) => {
        if (regions.grid) return wanted.has(i);
        return wanted.has(regionAt(regions, [height, width], Math.floor(i / columns), i % columns));
      },
      columns,
      rows,
    ).map((line) => line.map((at, k) => (k % 2 ? (at * height) / rows : (at * width) / columns)));
  if (known.size > MANY) known.clear();
  known.set(key, lines);
  return lines;
}

/** What a cover hides, row by row. */
export function covered({ runs, width, height }: Cover): Uint8Array {
  const all = new Uint8Array(width * height);
  let at = 0;
  for (const [i, run] of runs.entries()) {
    if (i % 2) all.fill(1, at, at + run);
    at += run;
  }
  return all;
}

const shapeOf = (cover: Cover) =>
  keptCover(cover, "", () => {
    const { width, height } = cover;
    const all = covered(cover);
    const canvas = canvasOf(width, height, (pen) => {
      const image = new ImageData(width, height);
      for (let i = 0; i < all.length; i++) image.data[4 * i + 3] = all[i] ? 150 : 0;
      pen.putImageData(image, 0, 0);
    });
    return { canvas, lines: borders((i) => all[i] === 1, width, height) };
  });

/** Draw in pixels of a field that lies over the box. */
function overBox(pen: Pen, picture: Picture, room: Room, field: Size, draw: (pen: Pen) => void): void {
  const [left, top, right, bottom] = picture.box;
  const { scale } = room;
  pen.save();
  pen.translate(room.left + left * scale, room.top + top * scale);
  pen.scale(((right - left) * scale) / field.width, ((bottom - top) * scale) / field.height);
  draw(pen);
  pen.restore();
}

/** Lines in pixels of a field over the box, each stroke as wide as it would be without it. */
function strokes(
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
function image(pen: Pen, bitmap: ImageBitmap, [x, y, width, height]: number[], room: Room): void {
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
    for (const { lines, colour, wide } of linesOf(heat, look, dark)) {
      const pale =
        (colour[0] as number) * 0.3 + (colour[1] as number) * 0.6 + (colour[2] as number) * 0.1 > 140;
      strokes(pen, picture, room, heat, lines, [
        [pale ? css([0, 0, 0], 0.6) : PALE, wide + 2.25],
        [css(colour), wide],
      ]);
    }
    return;
  }
  const overlay = overlayOf(heat, look, dark);
  if (!overlay) return;
  const draw = () => {
    pen.imageSmoothingEnabled = !heat.crisp;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(overlay, 0, 0);
  };
  if (look.view === "mask") {
    // Grey first, then dim.
    pen.globalCompositeOperation = "saturation";
    overBox(pen, picture, room, heat, draw);
    pen.globalCompositeOperation = "source-over";
  }
  overBox(pen, picture, room, heat, draw);
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
  pen.restore();
  if (whole) return;
  pen.lineWidth = 1;
  for (const [grow, colour] of [
    [0.5, css([255, 255, 255], 0.8)],
    [1.5, css([0, 0, 0], 0.45)],
  ] as const) {
    pen.strokeStyle = colour;
    pen.strokeRect(x - grow, y - grow, width + 2 * grow, height + 2 * grow);
  }
}

/** What a hand has marked: painted parts, regions, a cross and a brush. */
export function paintMarks(
  pen: Pen,
  { picture, regions, cover, hovered, selected }: Scene,
  room: Room,
  { cross, brush }: { cross: Place | null; brush: { at: Place; wide: number } | null },
): void {
  const { scale, dense, theme } = room;
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, room.width, room.height);
  if (!picture) return;
  const [height, width] = picture.seen;
  if (cover?.runs.length) {
    const { canvas, lines } = shapeOf(cover);
    pen.imageSmoothingEnabled = false;
    if (canvas) overBox(pen, picture, room, cover, () => pen.drawImage(canvas, 0, 0));
    strokes(pen, picture, room, cover, lines, [
      [PALE, 2.5],
      [DARK, 1],
    ]);
  }
  const outline = (some: readonly number[], styles: [string, number][]) => {
    if (regions?.picture === picture.id && some.length)
      strokes(pen, picture, room, { width, height }, outlineOf(regions, [height, width], some), styles);
  };
  outline(selected, [
    [PALE, 4.5],
    [css(theme.accent), 2.25],
  ]);
  outline(hovered, [
    [PALE, 3.5],
    [DARK, 1.25],
  ]);
  const at = ({ x, y }: Place): [number, number] => [room.left + x * scale, room.top + y * scale];
  if (cross) {
    const [x, y] = at(cross);
    pen.beginPath();
    for (const [right, down] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      pen.moveTo(x + 3 * right, y + 3 * down);
      pen.lineTo(x + 10 * right, y + 10 * down);
    }
    twice(pen);
  }
  if (brush) {
    pen.beginPath();
    pen.arc(...at(brush.at), (brush.wide * scale) / 2, 0, 2 * Math.PI);
    twice(pen);
  }
}

/** A line that is seen on every picture. */
function twice(pen: Pen): void {
  for (const [colour, wide] of [
    [PALE, 3.5],
    [DARK, 1.5],
  ] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.stroke();
  }
}
