/** A token as a person can read it: blanks are marks, everything else is itself. */
export function visible(token: string): string {
  if (!token) return "∅";
  return token
    .replace(/^ +| +$/g, (blanks) => "␣".repeat(blanks.length))
    .replace(/\n/g, "⏎")
    .replace(/\t/g, "⇥")
    .replace(/\r/g, "␍");
}
