/** Parts of a pixel, across and down, that the middle of a disc is told apart by. */
export const PHASES = 4;

/**
 * Discs of one size: for each phase from `starts` on, the pixels from the one that holds the middle, and how much of
 * each is covered.
 */
export interface Discs {
  starts: Int32Array;
  at: Int32Array;
  covers: Float32Array;
}

export function discsOf(radius: number, stride: number): Discs {
  const reach = Math.ceil(radius + 1);
  const starts = [0];
  const at: number[] = [];
  const covers: number[] = [];
  for (let phase = 0; phase < PHASES ** 2; phase++) {
    const [x, y] = [
      ((phase % PHASES) + 0.5) / PHASES - 0.5,
      (Math.floor(phase / PHASES) + 0.5) / PHASES - 0.5,
    ];
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++) {
        const covered = Math.min(1, radius + 0.5 - Math.hypot(dx - x, dy - y));
        if (covered <= 0) continue;
        at.push(4 * (dy * stride + dx));
        covers.push(covered);
      }
    starts.push(at.length);
  }
  return { starts: Int32Array.from(starts), at: Int32Array.from(at), covers: Float32Array.from(covers) };
}

/** Only the middles, whatever their phase: they are made discs later. */
export const middlesOf = (share: number): Discs => ({
  starts: Int32Array.from({ length: PHASES ** 2 + 1 }, (_, phase) => phase),
  at: new Int32Array(PHASES ** 2),
  covers: new Float32Array(PHASES ** 2).fill(share),
});

/** The rows of a disc on whole pixels: [row, first, end], around the pixel of its middle. */
export function rowsOfDisc(across: number): [row: number, first: number, end: number][] {
  const middle = across % 2 ? 0.5 : 0;
  const rows: [number, number, number][] = [];
  const reach = Math.ceil(across / 2);
  for (let row = -reach; row < reach + 1; row++) {
    const half = (across / 2) ** 2 - (row + 0.5 - middle) ** 2;
    if (half <= 0) continue;
    const first = Math.ceil(middle - Math.sqrt(half) - 0.5);
    const end = Math.floor(middle + Math.sqrt(half) - 0.5) + 1;
    if (end > first) rows.push([row, first, end]);
  }
  return rows;
}
