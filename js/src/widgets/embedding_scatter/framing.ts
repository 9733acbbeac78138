import { type Camera, FILL, fit as filling, panned, place, resized, whole } from "./camera";
import type { Points } from "./points";

/** At the top and at the bottom something stands over the cloud, which all points are seen beside. CSS pixels. */
const [TOP, LOWER, BOTTOM, SIDE, NARROW] = [40, 58, 46, 12, 520];
/** What can be turned is seen from so much farther: its corners come nearer than its sides. */
const ROOM = 0.9;
/** A point that is looked at is this far inside the view, CSS pixels. */
const INSIDE = 24;

/** All points and their ways, filling the view; what can be turned is left room to turn in. */
export function home(
  points: Points | null,
  ways: Points | null,
  { width, height }: { width: number; height: number },
): Camera {
  const base = whole(width, height, points?.dims);
  if (!points?.count) return base;
  const top = width < NARROW ? LOWER : TOP;
  const [inner, high] = [width - 2 * SIDE, height - top - BOTTOM].map((side) => Math.max(1, side / FILL));
  const room = { ...base, width: inner as number, height: high as number };
  const turns = points.dims === 3;
  const all = turns && !ways ? room : filling(points, room, undefined, ways);
  // As large from every side, unless ways lead farther out.
  const seen = turns && all.zoom >= ROOM ? { ...room, zoom: ROOM } : all;
  return panned(resized(seen, width, height), 0, (top - BOTTOM) / 2);
}

/** The same view, moved until a point is well inside it. */
export function holding(view: Camera, points: Points | null, point: number): Camera {
  if (!points || point < 0 || point >= points.count) return view;
  const [x, y] = place(view, points.x[point] as number, points.y[point] as number, points.z?.[point]);
  const into = (value: number, side: number) =>
    value < INSIDE || value > side - INSIDE ? side / 2 - value : 0;
  const [right, down] = [into(x, view.width), into(y, view.height)];
  return right || down ? panned(view, right, down) : view;
}
