import { regionAt } from "./heat";
import type { Place } from "./parts";
import type { Picture, Regions } from "./wire";

/** A step of the keyboard where regions don't count: so many to the box's side. */
const STEPS = 32;

/** The pixel of what the model sees (row, column) at a place of the picture; it may lie outside. */
function seenAt({ box, seen }: Picture, x: number, y: number): [row: number, column: number] {
  const [left, top, right, bottom] = box;
  return [((y - top) / (bottom - top)) * seen[0], ((x - left) / (right - left)) * seen[1]];
}

/** A place of the picture, null outside of it. */
export function placeAt(picture: Picture, regions: Regions | null, x: number, y: number): Place | null {
  if (!(x >= 0 && y >= 0 && x < picture.width && y < picture.height)) return null;
  const region =
    regions?.picture === picture.id ? regionAt(regions, picture.seen, ...seenAt(picture, x, y)) : -1;
  return { x, y, region: region < 0 ? null : region };
}

/** The middle of the box. */
export function middleOf(picture: Picture, regions: Regions | null): Place {
  const [left, top, right, bottom] = picture.box;
  const place = placeAt(picture, regions, (left + right) / 2, (top + bottom) / 2);
  return place ?? { x: left, y: top, region: null };
}

/** Where an arrow goes from a place: the middle of the next region on the way (of a grid, its cell's), or a small step. */
export function stepped(
  picture: Picture,
  regions: Regions | null,
  from: Place,
  [right, down]: readonly [number, number],
  whole: boolean,
): Place {
  const { box, seen } = picture;
  const [left, top, end, bottom] = box;
  const pixel = [(end - left) / seen[1], (bottom - top) / seen[0]] as const;
  const inside = (x: number, y: number) =>
    placeAt(
      picture,
      regions,
      Math.max(left + pixel[0] / 2, Math.min(end - pixel[0] / 2, x)),
      Math.max(top + pixel[1] / 2, Math.min(bottom - pixel[1] / 2, y)),
    ) ?? from;
  const by = (steps: number) => inside(from.x + right * steps * pixel[0], from.y + down * steps * pixel[1]);
  const side = right ? seen[1] : seen[0];
  if (!whole || regions?.picture !== picture.id) return by(Math.max(1, Math.round(side / STEPS)));
  if (regions.grid) {
    const [rows, columns] = regions.grid;
    const cell = [(end - left) / columns, (bottom - top) / rows] as const;
    const to = (value: number, start: number, size: number, step: number, count: number) =>
      start + (Math.max(0, Math.min(count - 1, Math.floor((value - start) / size) + step)) + 0.5) * size;
    return inside(to(from.x, left, cell[0], right, columns), to(from.y, top, cell[1], down, rows));
  }
  // On through this region, and to the middle of its neighbour's stretch on the same line.
  const at = (steps: number) => by(steps).region;
  let first = 1;
  while (first < side && at(first) === from.region) first++;
  if (at(first) === from.region) return from;
  let last = first;
  while (last < side && at(last + 1) === at(first)) last++;
  return by((first + last) / 2);
}
