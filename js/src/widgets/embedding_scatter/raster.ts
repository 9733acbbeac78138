import { growth, type Screen } from "./camera";
import { type Discs, discsOf, middlesOf, PHASES, rowsOfDisc } from "./discs";
import { FADED, type Look } from "./points";
import { MOST, STEPS, TONES, type Tones, tonesOf } from "./tones";

/** Draws points into pixels that stay its own: the next drawing writes over them. */
export interface Raster {
  /** `width` and `height` are pixels of the device, `dense` of them to a CSS pixel. A hand that moves is in a hurry. */
  paint(screen: Screen, look: Look, size: RasterSize): Uint32Array<ArrayBuffer>;
}

export interface RasterSize {
  width: number;
  height: number;
  dense: number;
  moving: boolean;
  /** All that is new since the drawing before: everything has gone right and down by so many pixels. */
  gone?: readonly [right: number, down: number] | null;
}

/** Pixels from `left` and `top` up to, but without, `right` and `bottom`. */
interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What comes into a picture that has gone right and down by so many pixels. */
function uncovered(width: number, height: number, right: number, down: number): Area[] {
  const [from, to] = [Math.min(width, Math.max(0, right)), Math.max(0, width + Math.min(0, right))];
  const high = { top: 0, bottom: height };
  return [
    { ...high, left: 0, right: from },
    { ...high, left: to, right: width },
    { left: from, right: to, top: 0, bottom: Math.min(height, down) },
    { left: from, right: to, top: Math.max(0, height + down), bottom: height },
  ].filter((area) => area.left < area.right && area.top < area.bottom);
}

/** Points that stand back never cover more than this, however many they are. */
export const BACK = 0.2;
/** The nearest point of a cloud with depth counts this many times as much as the farthest: near ones cover far ones. */
export const NEARER = 12;
/** More pixels than this are not stamped disc by disc; middles are counted, and discs made of the counts. */
const STAMPED = { moving: 1.5e6, still: 8e6 };

/**
 * Points are added up pixel by pixel: the sum of their colours and how many they are. So it is the same in whatever
 * order they come: a place has the mean of its colours, and the more points, the more it covers and the inkier it is.
 */
export function raster(): Raster {
  let pixels = new Uint32Array(0);
  let sums = new Float32Array(0);
  let wide = new Float32Array(0);
  let [width, height, pad, stride] = [0, 0, 0, 0];
  let tones: Tones | null = null;
  let discs: Discs[] = [];
  /** How the last whole picture was drawn. */
  let stamped = true;
  const [red, green, blue] = [0, 0, 0].map(() => new Float32Array(256)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const weights = Float32Array.from({ length: 256 }, (_, i) => NEARER ** (i / 255 - 0.5));

  /** Room around the picture for middles that reach into it, and around them for their discs: loops need no care. */
  function makeRoom(size: RasterSize, reach: number): void {
    if (width !== size.width || height !== size.height) pixels = new Uint32Array(size.width * size.height);
    else pixels.fill(0);
    if (width === size.width && height === size.height && pad === 2 * reach) return;
    [width, height, pad] = [size.width, size.height, 2 * reach];
    stride = width + 2 * pad;
    const length = 4 * stride * (height + 2 * pad);
    if (sums.length !== length) sums = new Float32Array(length);
    wide = new Float32Array(0);
    discs = [];
  }

  /** The discs of a size, in steps of half a pixel. */
  function discsFor(across: number): Discs {
    const step = Math.round(across * 2);
    discs[step] ??= discsOf(step / 4, stride);
    return discs[step];
  }

  /** Everything goes by whole pixels; what comes in is empty. */
  function go(right: number, down: number): Area[] {
    const by = down * width + right;
    pixels.copyWithin(Math.max(0, by), Math.max(0, -by), Math.max(0, pixels.length - by));
    const areas = uncovered(width, height, right, down);
    for (const { left, right, top, bottom } of areas)
      for (let y = top; y < bottom; y++) pixels.fill(0, y * width + left, y * width + right);
    return areas;
  }

  /** Empty the sums that points reach which reach into an area. */
  function clear({ left, top, right, bottom }: Area): void {
    for (let y = top; y < bottom + 2 * pad; y++)
      sums.fill(0, 4 * (y * stride + left), 4 * (y * stride + right + 2 * pad));
  }

  /** Add the points of one layer that reach into an area: `sized` has their discs, by how near they are. */
  function add(
    screen: Screen,
    { colour, faded }: Look,
    dense: number,
    layer: number,
    sized: Discs[],
    area: Area,
  ): void {
    // Names of this loop's own: what others could change meanwhile is read again and again.
    const { x, y, near, count } = screen;
    const [into, wide, rim] = [sums, stride, pad];
    const [left, top] = [area.left - rim / 2, area.top - rim / 2];
    const [right, bottom] = [area.right + rim / 2, area.bottom + rim / 2];
    for (let i = 0; i < count; i++) {
      if (faded && faded[i] !== layer) continue;
      const sx = (x[i] as number) * dense;
      const sy = (y[i] as number) * dense;
      if (!(sx >= left && sy >= top && sx < right && sy < bottom)) continue;
      // Above zero, so that cutting off rounds down.
      const across = (sx + rim) * PHASES;
      const down = (sy + rim) * PHASES;
      const phase = (down & (PHASES - 1)) * PHASES + (across & (PHASES - 1));
      const middle = 4 * (((down / PHASES) | 0) * wide + ((across / PHASES) | 0));
      const depth = near ? ((near[i] as number) * 255) | 0 : 255;
      const { starts, at, covers } = sized[depth] as Discs;
      const weight = near ? (weights[depth] as number) : 1;
      const c = colour[i] as number;
      const r = (red[c] as number) * weight;
      const g = (green[c] as number) * weight;
      const b = (blue[c] as number) * weight;
      const end = starts[phase + 1] as number;
      for (let k = starts[phase] as number; k < end; k++) {
        const p = middle + (at[k] as number);
        const w = covers[k] as number;
        into[p] = (into[p] as number) + r * w;
        into[p + 1] = (into[p + 1] as number) + g * w;
        into[p + 2] = (into[p + 2] as number) + b * w;
        into[p + 3] = (into[p + 3] as number) + w * weight;
      }
    }
  }

  /** Make discs of counted middles: every row of a disc is the difference of two running sums. */
  function widen(rows: [number, number, number][], area: Area): Float32Array {
    if (wide.length !== sums.length) wide = new Float32Array(sums.length);
    const [from, into, rim, row4] = [sums, wide, pad, 4 * stride];
    const [begin, stop] = [4 * (area.left + rim), 4 * (area.right + rim)];
    const [above, below] = [area.top + rim, area.bottom + rim];
    for (let y = above; y < below; y++) into.fill(0, y * row4 + begin, y * row4 + stop);
    const running = new Float64Array(row4 + 4);
    const last = stop + 4 * rim;
    for (let y = above - rim; y < below + rim; y++) {
      const start = y * row4;
      for (let k = begin - 4 * rim; k < last; k++)
        running[k + 4] = (running[k] as number) + (from[start + k] as number);
      // No point in this row.
      if (!running[last + 3]) continue;
      for (const [row, first, end] of rows) {
        const to = y + row;
        if (to < above || to >= below) continue;
        // A middle at x covers x + first … x + end − 1, so a pixel gets the middles x − end + 1 … x − first.
        const high = 4 * (1 - first);
        const low = 4 * (1 - end);
        const out = to * row4;
        for (let k = begin; k < stop; k++)
          into[out + k] =
            (into[out + k] as number) + (running[k + high] as number) - (running[k + low] as number);
      }
    }
    return into;
  }

  /** Turn the sums of an area into colours, over what is there. */
  function settle(
    added: Float32Array,
    { cover, inked }: Tones,
    ink: number,
    back: boolean,
    area: Area,
  ): void {
    const [inkR, inkG, inkB] = [ink & 255, (ink >> 8) & 255, (ink >> 16) & 255];
    const [into, wide, rim, across] = [pixels, stride, pad, width];
    const { left, right, top, bottom } = area;
    for (let y = top; y < bottom; y++) {
      let p = 4 * ((y + rim) * wide + rim + left);
      for (let out = y * across + left; out < y * across + right; out++, p += 4) {
        const sum = added[p + 3] as number;
        // Running sums leave dust where nothing is.
        if (sum < 1e-6) continue;
        const at = sum < MOST ? Math.max(1, (sum * STEPS) | 0) : TONES;
        const goes = back ? 0 : (inked[at] as number);
        const share = (1 - goes) / sum;
        let r = (added[p] as number) * share + inkR * goes;
        let g = (added[p + 1] as number) * share + inkG * goes;
        let b = (added[p + 2] as number) * share + inkB * goes;
        let covers = (cover[at] as number) * (back ? BACK : 1);
        const below = into[out] as number;
        if (below) {
          const rest = ((below >>> 24) * (255 - covers)) / 255;
          const whole = covers + rest;
          r = (r * covers + (below & 255) * rest) / whole;
          g = (g * covers + ((below >> 8) & 255) * rest) / whole;
          b = (b * covers + ((below >> 16) & 255) * rest) / whole;
          covers = whole;
        }
        into[out] = ((covers + 0.5) << 24) | ((b + 0.5) << 16) | ((g + 0.5) << 8) | (r + 0.5);
      }
    }
  }

  return {
    paint(screen, look, size) {
      const { dense, moving, gone } = size;
      const across = look.size * dense;
      const largest = across * (screen.near ? growth(1) : 1);
      if (!gone) makeRoom(size, Math.ceil(largest / 2) + 2);
      if (tones?.alpha !== look.alpha) tones = tonesOf(look.alpha);
      look.palette.forEach((one, i) => {
        red[i] = one & 255;
        green[i] = (one >> 8) & 255;
        blue[i] = (one >> 16) & 255;
      });
      const pixelsEach = Math.PI * (across / 2 + 0.5) ** 2;
      if (!gone) stamped = seen(screen, size) * pixelsEach <= (moving ? STAMPED.moving : STAMPED.still);
      const rows = rowsOfDisc(Math.max(1, Math.round(across)));
      const covered = rows.reduce((sum, [, first, end]) => sum + end - first, 0);
      // As much in all as a disc with soft edges.
      const share = (Math.PI * (across / 2) ** 2) / covered;
      const middles = stamped ? null : middlesOf(share);
      const sized = Array.from(weights, (_, i) => {
        return middles ?? discsFor(screen.near ? across * growth(i / 255) : across);
      });
      const areas = gone ? go(...gone) : [{ left: 0, top: 0, right: width, bottom: height }];
      for (const layer of layersOf(look))
        for (const area of areas) {
          clear(area);
          add(screen, look, dense, layer, sized, area);
          settle(middles ? widen(rows, area) : sums, tones, look.ink, layer === FADED, area);
        }
      return pixels;
    },
  };
}

/** The layers that there are, from the back to the front. */
export function layersOf({ faded }: Look): number[] {
  if (!faded) return [0];
  return [FADED, 0].filter((layer) => faded.includes(layer));
}

/** About how many points are in the picture. */
function seen({ x, y, count }: Screen, { width, height, dense }: RasterSize): number {
  const every = count > 50_000 ? 13 : 1;
  const [right, bottom] = [width / dense, height / dense];
  let sum = 0;
  for (let i = 0; i < count; i += every) {
    const sx = x[i] as number;
    const sy = y[i] as number;
    if (sx >= 0 && sy >= 0 && sx < right && sy < bottom) sum++;
  }
  return sum * every;
}
