import type { Camera } from "./parts";

/** The sides of a stage, CSS pixels, or of a picture, its own. */
export interface Size {
  width: number;
  height: number;
}

/** Where a picture lies on a stage: CSS pixels for one of its pixels, and its upper left corner. */
export interface Lie {
  scale: number;
  left: number;
  top: number;
}

/** The whole picture. */
export const home = ({ width, height }: Size): Camera => ({ x: width / 2, y: height / 2, zoom: 1 });

/** One pixel of the picture becomes at most so large, CSS pixels; a small picture grows eightfold all the same. */
const LARGEST = 32;
const LEAST = 8;

export const fitting = (picture: Size, room: Size): number =>
  Math.min(room.width / picture.width, room.height / picture.height);

export const mostZoom = (picture: Size, room: Size): number =>
  Math.max(LEAST, LARGEST / fitting(picture, room));

/** The middle of what is seen along one side, such that no room is left empty which the picture could fill. */
function held(middle: number, side: number, seen: number): number {
  if (seen >= side) return side / 2;
  return Math.max(seen / 2, Math.min(side - seen / 2, middle));
}

/** The nearest camera that is allowed. */
export function settled(camera: Camera, picture: Size, room: Size): Camera {
  const zoom = Math.max(1, Math.min(mostZoom(picture, room), camera.zoom));
  const scale = fitting(picture, room) * zoom;
  return {
    x: held(camera.x, picture.width, room.width / scale),
    y: held(camera.y, picture.height, room.height / scale),
    zoom,
  };
}

export function lieOf(camera: Camera, picture: Size, room: Size): Lie {
  const { x, y, zoom } = settled(camera, picture, room);
  const scale = fitting(picture, room) * zoom;
  return { scale, left: room.width / 2 - x * scale, top: room.height / 2 - y * scale };
}

/** Larger by a factor, with what is at a place of the stage left where it is. */
export function zoomed(
  camera: Camera,
  factor: number,
  [atX, atY]: [number, number],
  picture: Size,
  room: Size,
): Camera {
  const { scale, left, top } = lieOf(camera, picture, room);
  const zoom = Math.max(1, Math.min(mostZoom(picture, room), camera.zoom * factor));
  const next = fitting(picture, room) * zoom;
  const x = (atX - left) / scale - (atX - room.width / 2) / next;
  const y = (atY - top) / scale - (atY - room.height / 2) / next;
  return settled({ x, y, zoom }, picture, room);
}

/** The picture goes right and down by CSS pixels. */
export function panned(camera: Camera, right: number, down: number, picture: Size, room: Size): Camera {
  const now = settled(camera, picture, room);
  const { scale } = lieOf(now, picture, room);
  return settled({ ...now, x: now.x - right / scale, y: now.y - down / scale }, picture, room);
}
