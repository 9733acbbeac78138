/** An edit as what it left alone: `prefix` characters at the front, and all from `tail` on, moved by `shift`. */
export interface Alignment {
  prefix: number;
  tail: number;
  shift: number;
}

const isLowSurrogate = (code: number) => code >= 0xdc00 && code <= 0xdfff;

/** The longest common beginning, then the longest common end that does not overlap it. */
export function align(before: string, after: string): Alignment {
  const most = Math.min(before.length, after.length);
  let prefix = 0;
  while (prefix < most && before.charCodeAt(prefix) === after.charCodeAt(prefix)) prefix++;
  // Two emoji may share their first half; a character is left alone as a whole or not at all.
  if (prefix > 0 && prefix < before.length && isLowSurrogate(before.charCodeAt(prefix))) prefix--;
  let suffix = 0;
  while (
    suffix < most - prefix &&
    before.charCodeAt(before.length - 1 - suffix) === after.charCodeAt(after.length - 1 - suffix)
  )
    suffix++;
  if (suffix > 0 && isLowSurrogate(before.charCodeAt(before.length - suffix))) suffix--;
  return { prefix, tail: before.length - suffix, shift: after.length - before.length };
}

/** Where a span of the old text is in the new one, or null when the edit touched it. */
export function moved(alignment: Alignment, start: number, end: number): [number, number] | null {
  if (end <= alignment.prefix) return [start, end];
  if (start >= alignment.tail) return [start + alignment.shift, end + alignment.shift];
  return null;
}
