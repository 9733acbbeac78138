import { missing } from "../../core/numbers";

/** Regions that are known, the first first and equals together: by value, without signs by its size. */
function tiers(values: Float32Array, signed: boolean): number[][] {
  const weights = signed ? values : values.map(Math.abs);
  const weight = (i: number) => weights[i] as number;
  const known = [...values.keys()].filter((i) => !missing(weight(i)));
  const all: number[][] = [];
  for (const i of known.sort((one, other) => weight(other) - weight(one))) {
    const last = all.at(-1);
    if (last && weight(last[0] as number) === weight(i)) last.push(i);
    else all.push([i]);
  }
  return all;
}

/** Each region's place, 1 is the first; equals share theirs, 0: not known. */
export function ranksOf(values: Float32Array, signed: boolean): Uint16Array {
  const ranks = new Uint16Array(values.length);
  let place = 1;
  for (const tier of tiers(values, signed)) {
    for (const i of tier) ranks[i] = place;
    place += tier.length;
  }
  return ranks;
}

/** Where each region stands among all, 0 (last) … 1 (first), equals in the middle of theirs; NaN: not known. */
export function standings(values: Float32Array, signed: boolean): Float32Array {
  const all = tiers(values, signed);
  const last = Math.max(1, all.flat().length - 1);
  const found = new Float32Array(values.length).fill(Number.NaN);
  let before = 0;
  for (const tier of all) {
    for (const i of tier) found[i] = 1 - (before + (tier.length - 1) / 2) / last;
    before += tier.length;
  }
  return found;
}
