/** A line through places in turn: x and y of each, in pixels of what it was drawn from; closed where the last is the first. */
export type Line = number[];

/** The way from each node to the next ones, which have what is inside on the same hand. */
type Ways = Map<number, number[]>;

function go(ways: Ways, from: number, to: number): void {
  const known = ways.get(from);
  if (known) known.push(to);
  else ways.set(from, [to]);
}

/** All ways as few long lines. */
function joined(ways: Ways, place: (node: number) => [x: number, y: number]): Line[] {
  const reached = new Set([...ways.values()].flat());
  const lines: Line[] = [];
  // Lines that end somewhere are walked from their beginning; rings from anywhere.
  for (const rings of [false, true])
    for (const [start, onward] of ways) {
      if (!rings && reached.has(start)) continue;
      while (onward.length) {
        const line = [...place(start)];
        for (let next = onward.pop(); next !== undefined; next = ways.get(next)?.pop())
          line.push(...place(next));
        lines.push(line);
      }
    }
  return lines;
}

const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3];

/** Marching squares: from side to side, by which corners are inside (upper left 8, upper right 4, lower right 2, lower left 1). */
const SIDES: Record<number, number[]> = {
  8: [LEFT, TOP],
  4: [TOP, RIGHT],
  2: [RIGHT, BOTTOM],
  1: [BOTTOM, LEFT],
  7: [TOP, LEFT],
  11: [RIGHT, TOP],
  13: [BOTTOM, RIGHT],
  14: [LEFT, BOTTOM],
  12: [LEFT, RIGHT],
  6: [TOP, BOTTOM],
  3: [RIGHT, LEFT],
  9: [BOTTOM, TOP],
  // Two corners face each other: apart, and joined through the middle.
  10: [LEFT, TOP, RIGHT, BOTTOM],
  5: [TOP, RIGHT, BOTTOM, LEFT],
  26: [RIGHT, TOP, LEFT, BOTTOM],
  21: [TOP, LEFT, BOTTOM, RIGHT],
};

/**
 * Where values cross a level, by marching squares between the pixels' middles. Nothing is drawn beside a value that is
 * not known.
 */
export function isoLines(values: Float32Array, width: number, height: number, level: number): Line[] {
  const ways: Ways = new Map();
  const at = (i: number) => values[i] as number;
  for (let y = 0; y + 1 < height; y++)
    for (let x = 0; x + 1 < width; x++) {
      const i = y * width + x;
      const [a, b, c, d] = [at(i), at(i + 1), at(i + width + 1), at(i + width)];
      let corners = 0;
      if (a >= level) corners |= 8;
      if (b >= level) corners |= 4;
      if (c >= level) corners |= 2;
      if (d >= level) corners |= 1;
      if (!corners || corners === 15 || Number.isNaN(a + b + c + d)) continue;
      if ((corners === 10 || corners === 5) && a + b + c + d >= 4 * level) corners |= 16;
      // A side is twice the pixel that it begins at, plus one where it goes down.
      const nodes = [2 * i, 2 * (i + 1) + 1, 2 * (i + width), 2 * i + 1];
      const sides = SIDES[corners] as number[];
      for (let k = 0; k < sides.length; k += 2)
        go(ways, nodes[sides[k] as number] as number, nodes[sides[k + 1] as number] as number);
    }
  return joined(ways, (node) => {
    const i = node >> 1;
    const down = node & 1;
    const part = (level - at(i)) / (at(down ? i + width : i + 1) - at(i));
    return [(i % width) + 0.5 + (down ? 0 : part), Math.floor(i / width) + 0.5 + (down ? part : 0)];
  });
}

/** The edges of the pixels that are inside, around everything that hangs together. */
export function borders(inside: (i: number) => boolean, width: number, height: number): Line[] {
  const ways: Ways = new Map();
  const across = width + 1;
  for (let i = 0, y = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (!inside(i)) continue;
      const corner = y * across + x;
      if (!y || !inside(i - width)) go(ways, corner, corner + 1);
      if (x + 1 === width || !inside(i + 1)) go(ways, corner + 1, corner + 1 + across);
      if (y + 1 === height || !inside(i + width)) go(ways, corner + 1 + across, corner + across);
      if (!x || !inside(i - 1)) go(ways, corner + across, corner);
    }
  return joined(ways, (node) => [node % across, Math.floor(node / across)]).map(straight);
}

/** Without the places in the middle of a straight stretch. */
function straight(line: Line): Line {
  const kept: Line = [];
  for (let i = 0; i < line.length; i += 2) {
    const [x, y, nextX, nextY] = line.slice(i, i + 4) as [number, number, number?, number?];
    const [lastX, lastY] = kept.slice(-2) as [number?, number?];
    if ((x === lastX && x === nextX) || (y === lastY && y === nextY)) continue;
    kept.push(x, y);
  }
  return kept;
}
