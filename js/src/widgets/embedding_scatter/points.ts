/** What is drawn: −1 … 1 on every axis, y up. Another cloud is another object; its arrays don't change. */
export interface Points {
  count: number;
  dims: 2 | 3;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array | null;
}

/** Points that stand back: filtered out, or not among the selected ones. */
export const FADED = 1;
/** Points that are not drawn and not found. */
export const HIDDEN = 2;

/** How points are drawn. As with points, arrays are replaced and not changed. */
export interface Look {
  /** Index into the palette, one a point. */
  colour: Uint8Array;
  /** Up to 256 colours as ImageData wants them: little-endian, so 0xAABBGGRR. */
  palette: Uint32Array;
  /** CSS pixels from side to side. */
  size: number;
  /** Of one point alone. */
  alpha: number;
  /** 0, FADED or HIDDEN, one a point; null: all are plain. */
  faded: Uint8Array | null;
  /** Where many points lie on each other their colour goes towards this, packed as the palette. */
  ink: number;
  /** What lies below the points, as soft as light: their rings. */
  halo?: Look | null;
}

/** Two bytes an axis: 0 … 65535 stands for −1 … 1. */
const HALF = 65535 / 2;

/** Points from an array [count, dims], row by row: whole numbers of 16 bits, or float32 in −1 … 1. */
export function pointsOf(numbers: Uint16Array | Uint32Array | Float32Array, dims: 2 | 3): Points {
  const count = Math.floor(numbers.length / dims);
  const coded = !(numbers instanceof Float32Array);
  const [factor, less] = coded ? [1 / HALF, 1] : [1, 0];
  const axes = Array.from({ length: dims }, (_, axis) => {
    const values = new Float32Array(count);
    for (let i = 0, at = axis; i < count; i++, at += dims)
      values[i] = (numbers[at] as number) * factor - less;
    return values;
  });
  return { count, dims, x: axes[0] as Float32Array, y: axes[1] as Float32Array, z: axes[2] ?? null };
}

/** The same points on their way from one place to another: part 0 is `from`, 1 is `to`. A flat cloud has z = 0. */
export function between(from: Points, to: Points, part: number): Points {
  if (part <= 0 || from.count !== to.count) return part <= 0 ? from : to;
  if (part >= 1) return to;
  const { count } = to;
  const axis = (one: Float32Array | null, other: Float32Array | null) => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const start = one ? (one[i] as number) : 0;
      values[i] = start + ((other ? (other[i] as number) : 0) - start) * part;
    }
    return values;
  };
  const z = from.z || to.z ? axis(from.z, to.z) : null;
  return { count, dims: z ? 3 : 2, x: axis(from.x, to.x), y: axis(from.y, to.y), z };
}

export const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** How many points a part of the cloud has to make room for. */
const crowd = (count: number, zoom: number) => Math.max(1, count / Math.max(1, zoom) ** 1.5) / 300;

/** A size that leaves room between this many points, in CSS pixels; they grow a little when one zooms in. */
export const sizeFor = (count: number, zoom = 1): number => clamp(8 / crowd(count, zoom) ** 0.2, 1.5, 9);

/** Many points are each thinner, so that their number shows. By steps, because a new alpha costs some milliseconds. */
export const alphaFor = (count: number, zoom = 1): number =>
  Math.round(clamp(0.9 / crowd(count, zoom) ** 0.15, 0.25, 0.9) * 50) / 50;
