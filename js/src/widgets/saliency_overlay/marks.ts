import { borders, type Line } from "./contour";
import type { Mask } from "./cover";
import { regionAt } from "./heat";
import { css, DARK, kept, overBox, PALE, type Pen, pixels, type Room, strokes } from "./paint";
import type { Place, Scene } from "./parts";
import { isDark } from "./ramps";
import type { Regions } from "./wire";

/** So many outlines are kept. */
const MANY = 64;
const keptOutlines = kept<Regions, Map<string, Line[]>>();
const keptCover = kept<Mask, { canvas: HTMLCanvasElement | null; lines: Line[] }>();

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

const shapeOf = (cover: Mask) =>
  keptCover(cover, "", () => {
    const { width, height, bits } = cover;
    const canvas = pixels(width, height, (data, at, i) => {
      data[at + 3] = 150 * (bits[i] as number);
    });
    return { canvas, lines: borders((i) => bits[i] === 1, width, height) };
  });

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
  if (cover) {
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
  // The accent of a dark theme is pale itself.
  outline(selected, [
    [isDark(theme) ? DARK : PALE, 4.5],
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
