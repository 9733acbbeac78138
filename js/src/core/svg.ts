/** Where the browser put each stretch of text, so that a picture can be drawn as it stands on the screen. */
export interface Stretch {
  text: string;
  rect: DOMRect;
  rtl: boolean;
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** The lines of one text node, each with its place. Blanks draw nothing and are left out. */
export function* stretches(node: Text): Generator<Stretch> {
  const range = document.createRange();
  for (const match of node.data.matchAll(/\S+/g)) {
    const rtl = RIGHT_TO_LEFT.test(match[0]);
    // Chinese and long words break inside: gather the letters of each line.
    let line: Stretch | null = null;
    let at = match.index;
    for (const letter of match[0]) {
      range.setStart(node, at);
      range.setEnd(node, at + letter.length);
      at += letter.length;
      const rect = range.getBoundingClientRect();
      if (line && Math.abs(rect.top - line.rect.top) < rect.height / 2) {
        const left: number = Math.min(line.rect.left, rect.left);
        const right: number = Math.max(line.rect.right, rect.right);
        line = {
          text: line.text + letter,
          rect: new DOMRect(left, rect.top, right - left, rect.height),
          rtl,
        };
      } else {
        if (line) yield line;
        line = { text: letter, rect, rtl };
      }
    }
    if (line) yield line;
  }
}

/** How far the baseline is below the top of a line's box. */
export function ascentOf(style: CSSStyleDeclaration): (height: number) => number {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return (height) => height * 0.8;
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = pen.measureText("x");
  return (height) => (height * up) / (up + down);
}
