import { clamp } from "./points";

/** How far the colour goes towards the ink where the most points lie on each other, and how many those are. */
const DEEPEST = 0.5;
export const MOST = 1024;
/** Where points together cover this much, more of them show by the ink. */
const COVERED = 0.95;

/**
 * What the look of a place depends on: the alpha of one point, how many points cover a place so well that more have to
 * show by the ink, what to multiply the logarithm of how many times as many with, and how far to the ink it goes.
 */
export function toneNumbers(alpha: number): [alpha: number, start: number, factor: number, deepest: number] {
  const one = Math.min(alpha, 0.99);
  const start = Math.log(1 - COVERED) / Math.log(1 - one);
  return [one, start, 1 / Math.log(MOST / start), DEEPEST];
}

/** How `many` points on one place look: what they cover (0 … 1), then how far their colour goes to the ink (0 … 1). */
export function tone(many: number, numbers: ReturnType<typeof toneNumbers>): [cover: number, inked: number] {
  const [alpha, start, factor, deepest] = numbers;
  return [1 - (1 - alpha) ** many, deepest * clamp(Math.log(many / start) * factor, 0, 1)];
}

/** Tones are looked up at this many steps a point. */
export const STEPS = 64;
export const TONES = MOST * STEPS;

export interface Tones {
  alpha: number;
  cover: Uint8Array;
  inked: Float32Array;
}

export function tonesOf(alpha: number): Tones {
  const tones = { alpha, cover: new Uint8Array(TONES + 1), inked: new Float32Array(TONES + 1) };
  const { cover, inked } = tones;
  const numbers = toneNumbers(alpha);
  for (let i = 1; i <= TONES; i++) {
    const [covers, goes] = tone(i / STEPS, numbers);
    cover[i] = Math.max(1, Math.round(255 * covers));
    inked[i] = goes;
  }
  return tones;
}
