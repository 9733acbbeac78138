import { clamp, type Points } from "./points";

/** From where a cloud is seen. */
export interface Camera {
  /** CSS pixels of the view. */
  width: number;
  height: number;
  /** What is in the middle of the view; of a turned cloud, after turning. */
  x: number;
  y: number;
  /** At 1 the range −1 … 1 fills the shorter side. */
  zoom: number;
  dims: 2 | 3;
  /** A turntable, in radians: `yaw` around the upright axis, then `pitch` towards the eye. */
  yaw: number;
  pitch: number;
}

/** Where points are in the view: CSS pixels from its top left corner. */
export interface Screen {
  count: number;
  x: Float32Array;
  y: Float32Array;
  /** How near a point is, 0 … 1; null where all are as near. */
  near: Float32Array | null;
}

/** The eye is this far from the middle of a cloud with depth. */
const EYE = 5;
/** No point of a cube of −1 … 1 is farther from its middle. */
const FAR = Math.sqrt(3);
/** The part of the shorter side that −1 … 1 takes. */
export const FILL = 0.92;
const LEAST_ZOOM = 0.25;
const MOST_ZOOM = 20_000;
const CLOSEST = 40;
/** The middle of the view stays this near to the cloud. */
const REACH = 1.5;

/** CSS pixels that a length of 1 takes. */
export const scaleOf = ({ width, height, zoom }: Camera): number =>
  (zoom * FILL * Math.max(1, Math.min(width, height))) / 2;

/** How much larger than in the middle of a cloud things are where it is this near. */
export const growth = (near: number): number => EYE / (EYE - (2 * near - 1) * FAR);

/** The whole range −1 … 1. */
export function whole(width: number, height: number, dims: 2 | 3 = 2): Camera {
  const [yaw, pitch] = dims === 3 ? [-0.6, 0.35] : [0, 0];
  return { width, height, x: 0, y: 0, zoom: 1, dims, yaw, pitch };
}

const moved = (camera: Camera, x: number, y: number, zoom = camera.zoom): Camera => ({
  ...{ ...camera, zoom },
  x: clamp(x, -REACH, REACH),
  y: clamp(y, -REACH, REACH),
});

/** Move by CSS pixels: the cloud goes right and down. */
export function panned(camera: Camera, right: number, down: number): Camera {
  const scale = scaleOf(camera);
  return moved(camera, camera.x - right / scale, camera.y + down / scale);
}

/**
 * By how many whole pixels the picture of a flat cloud has gone from one view to another, and the view that such a
 * picture shows: half a pixel beside the wanted one at most. Null where it has not just gone.
 */
export function slid(
  from: Camera,
  to: Camera,
  dense: number,
): { gone: [right: number, down: number]; camera: Camera } | null {
  const { width, height, zoom } = to;
  if (from.dims === 3 || to.dims === 3) return null;
  if (from.width !== width || from.height !== height || from.zoom !== zoom) return null;
  const scale = scaleOf(to) * dense;
  const right = Math.round((from.x - to.x) * scale);
  const down = Math.round((to.y - from.y) * scale);
  return { gone: [right, down], camera: { ...to, x: from.x - right / scale, y: from.y + down / scale } };
}

/** Zoom by a factor; what is at (x, y) in the view stays there. */
export function zoomed(camera: Camera, factor: number, x = camera.width / 2, y = camera.height / 2): Camera {
  const zoom = clamp(camera.zoom * factor, LEAST_ZOOM, MOST_ZOOM);
  const [right, up] = [x - camera.width / 2, camera.height / 2 - y];
  const less = 1 / scaleOf(camera) - 1 / scaleOf({ ...camera, zoom });
  return moved(camera, camera.x + right * less, camera.y + up * less, zoom);
}

/** Turn a cloud as a hand does that moves by CSS pixels. It is never turned upside down. */
export function turned(camera: Camera, right: number, down: number): Camera {
  const radians = Math.PI / Math.max(200, Math.min(camera.width, camera.height));
  const pitch = clamp(camera.pitch + down * radians, -Math.PI / 2, Math.PI / 2);
  return { ...camera, yaw: (camera.yaw + right * radians) % (2 * Math.PI), pitch };
}

/** The same view in another room: what was in the middle stays there, as large. */
export function resized(camera: Camera, width: number, height: number): Camera {
  const zoom =
    (camera.zoom * scaleOf({ ...camera, zoom: 1 })) / scaleOf({ ...camera, width, height, zoom: 1 });
  return { ...camera, width, height, zoom: camera.width && camera.height ? zoom : camera.zoom };
}

/** On the way from one view to another: zooming goes by equal factors. */
export function halfway(from: Camera, to: Camera, part: number): Camera {
  const mix = (one: number, other: number) => one + (other - one) * part;
  const turn = to.yaw - from.yaw;
  const shorter = turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
  return {
    ...to,
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    zoom: from.zoom * (to.zoom / from.zoom) ** part,
    yaw: part >= 1 ? to.yaw : from.yaw + shorter * part,
    pitch: mix(from.pitch, to.pitch),
  };
}

type Matrix = [number, number, number, number, number, number, number, number, number];

/** The rotation of a camera, column by column, as WebGL wants it. */
export function matrixOf({ yaw, pitch }: Camera): Matrix {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return [cy, sp * sy, -cp * sy, 0, cp, sp, sy, -sp * cy, cp * cy];
}

/** The eye's distance for shaders: 0 where a cloud is flat. */
export const eyeOf = ({ dims }: Camera): number => (dims === 3 ? EYE : 0);
export const DEPTH = FAR;

/** Where all points are in the view. `into` is written over when it is as long. */
export function project(points: Points, camera: Camera, into?: Screen | null): Screen {
  const { count, x, y, z } = points;
  const deep = camera.dims === 3;
  const fits = into?.count === count && Boolean(into.near) === deep;
  const make = () => new Float32Array(count);
  const screen = fits ? (into as Screen) : { count, x: make(), y: make(), near: deep ? make() : null };
  const scale = scaleOf(camera);
  const across = camera.width / 2 - camera.x * scale;
  const down = camera.height / 2 + camera.y * scale;
  const { x: sx, y: sy, near } = screen;
  if (!near) {
    for (let i = 0; i < count; i++) {
      sx[i] = across + (x[i] as number) * scale;
      sy[i] = down - (y[i] as number) * scale;
    }
    return screen;
  }
  const [a, d, g, , e, h, c, f, k] = matrixOf(camera);
  for (let i = 0; i < count; i++) {
    const px = x[i] as number;
    const py = y[i] as number;
    const pz = z ? (z[i] as number) : 0;
    const depth = g * px + h * py + k * pz;
    const grown = (scale * EYE) / (EYE - depth);
    sx[i] = across + (a * px + c * pz) * grown;
    sy[i] = down - (d * px + e * py + f * pz) * grown;
    near[i] = 0.5 + depth / (2 * FAR);
  }
  return screen;
}

/** Where one place of the cloud is in the view. */
export function place(camera: Camera, x: number, y: number, z = 0): [x: number, y: number] {
  const one = (value: number) => Float32Array.of(value);
  const screen = project({ count: 1, dims: 3, x: one(x), y: one(y), z: one(z) }, camera);
  return [screen.x[0] as number, screen.y[0] as number];
}

/** What of a flat cloud is at a place of the view. */
export function unplace(camera: Camera, x: number, y: number): [x: number, y: number] {
  const scale = scaleOf(camera);
  return [camera.x + (x - camera.width / 2) / scale, camera.y + (camera.height / 2 - y) / scale];
}

/** Move and zoom until these points (all of them by default), and others, fill the view; the turn stays. */
export function fit(points: Points, camera: Camera, which?: Uint32Array, others?: Points | null): Camera {
  const base: Camera = { ...camera, x: 0, y: 0, zoom: 1 };
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  const hold = (cloud: Points, some?: Uint32Array) => {
    const screen = project(cloud, base);
    const count = some?.length ?? cloud.count;
    for (let j = 0; j < count; j++) {
      const i = some ? (some[j] as number) : j;
      const [x, y] = [screen.x[i] as number, screen.y[i] as number];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  };
  hold(points, which);
  if (others) hold(others);
  if (left > right) return base;
  const [x, y] = unplace(base, (left + right) / 2, (top + bottom) / 2);
  // One point, or many in one place, are seen with what is around them.
  const zoom = Math.min(
    (camera.width * FILL) / (right - left),
    (camera.height * FILL) / (bottom - top),
    CLOSEST,
  );
  return moved(base, x, y, clamp(zoom, LEAST_ZOOM, MOST_ZOOM));
}
