/** "Not known", on the wire and off it. */
export const missing = (value: number): boolean => Number.isNaN(value);

/** Decimals that show `largest` with three digits, so that all numbers of one picture line up. */
export function decimalsFor(largest: number): number {
  if (!Number.isFinite(largest) || largest <= 0) return 2;
  return Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(largest))));
}

export function plain(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return missing(value) ? "–" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const tiny = size > 0 && size < 0.5 * 10 ** -decimals && decimals >= 6;
  const digits = tiny || size >= 1e7 ? size.toExponential(1).replace("-", "−") : size.toFixed(decimals);
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

export function signed(value: number, decimals: number): string {
  const digits = plain(value, decimals);
  return value > 0 && Number(digits) !== 0 ? `+${digits}` : digits;
}

/** How far a value may be off: never rounded to a false certainty. */
export function bound(error: number, decimals: number): string {
  const least = 10 ** -decimals;
  return error > 0 && error < least / 2 ? `<${least.toFixed(decimals)}` : plain(error, decimals);
}

/** A share or probability: three digits in the middle, never rounded to a false 0 % or 100 %. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  if (value > 0 && value < 0.01) return "<0.01%";
  if (value < 100 && value > 99.95) return ">99.9%";
  return `${value.toFixed(value >= 99.95 || value === 0 ? 0 : value >= 10 ? 1 : 2)}%`;
}

/** How precise a whole map is: two digits are all that an error deserves. */
export function precision(error: number): string {
  const value = error * 100;
  return `±${value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(1)}%`;
}
