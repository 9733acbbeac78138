import type { Heat, Look } from "./parts";
import { ramp, rampName } from "./ramps";

/** The values at the two ends of a bar that shows how heat looks. */
export function endsOf(
  { max, signed }: Pick<Heat, "max" | "signed">,
  { sign }: Pick<Look, "sign">,
): [number, number] {
  if (!signed || sign === "absolute" || sign === "positive") return [0, max];
  return sign === "negative" ? [-max, 0] : [-max, max];
}

/** 256 colours with alpha, 4 bytes each, from one end of the bar to the other, as they lie over a picture. */
export function shades(signed: boolean, look: Look, dark: boolean): Uint8ClampedArray<ArrayBuffer> {
  const colours = ramp(rampName(look.colormap, signed), dark);
  const all = new Uint8ClampedArray(4 * 256).fill(255 * look.opacity);
  for (let i = 0; i < 256; i++) all.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
  return all;
}

/** What lies over the box, heat pixel by heat pixel. */
export function composed(heat: Heat, look: Look, dark: boolean): ImageData {
  const colours = shades(heat.signed, look, dark);
  const [low, high] = endsOf(heat, look);
  const data = new Uint8ClampedArray(4 * heat.values.length);
  for (const [i, value] of heat.values.entries()) {
    const at = Math.round(((value - low) / (high - low)) * 255);
    if (at >= 0) data.set(colours.subarray(4 * at, 4 * at + 4), 4 * i);
  }
  return new ImageData(data, heat.width, heat.height);
}
