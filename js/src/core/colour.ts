import { missing } from "./numbers";
/** How a value is drawn: which side of zero, and how strongly (0 … 1). The colours themselves are CSS. */
export interface Shade {
  /** "none" is zero, "pending" not known yet, "plain" has no value at all. */
  side: "pos" | "neg" | "none" | "pending" | "plain";
  size: number;
}

const PLAIN: Shade = { side: "plain", size: 0 };
const PENDING: Shade = { side: "pending", size: 0 };
const NONE: Shade = { side: "none", size: 0 };

/** Steps of the scale: finer is not seen, and a word is repainted only when its step changes. */
const STEPS = 200;

export function shade(value: number | null, max: number): Shade {
  if (value === null) return PLAIN;
  if (missing(value)) return PENDING;
  const size = Math.round(Math.min(1, Math.abs(value) / max) * STEPS) / STEPS;
  if (!(max > 0) || size === 0) return NONE;
  return { side: value > 0 ? "pos" : "neg", size };
}
