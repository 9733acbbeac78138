import { type Packed, unpack } from "../../core/arrays";
import { isDropped } from "../../core/ask";
import { h } from "../../core/dom";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import type { Questions } from "./texts";
import { filled, type Model, type Pictured } from "./wire";

export interface Pictures {
  /** What a point looks like, or why that cannot be seen. */
  of(point: number): HTMLElement | null;
  want(point: number): void;
  /** What a reader must know of those that a page carries. */
  note(): string;
}

/** So many pictures are kept. */
const KEPT = 100;
/** So many are one above the other in a strip. */
const STRIP = 64;

/** What points look like. It is asked for when a point is looked at; an exported page carries it. */
export function pictures(options: {
  t: Speech;
  model: Model;
  state: Known;
  questions: Questions;
  /** Whether there is anybody to ask. */
  can(): boolean;
  /** A picture has come. */
  heard(): void;
}): Pictures {
  const { t, model, state, questions, can, heard } = options;
  let data: number | null = null;
  const kept = new Map<number, HTMLElement | null>();

  function fresh(): void {
    const now = state.cloud?.data ?? null;
    if (now === data) return;
    data = now;
    kept.clear();
  }

  /** Whether the points have pictures, and those that are here already. */
  function here(): Pictured | null {
    const told = filled<Pictured>(model.get("_pictures"));
    return told?.data === state.cloud?.data ? told : null;
  }

  async function show(point: number, found: Promise<HTMLElement | null>): Promise<void> {
    const asked = data;
    kept.set(point, null);
    try {
      const picture = await found;
      if (asked !== data || !picture) return;
      for (const [old] of kept) if (kept.size > KEPT) kept.delete(old);
      kept.set(point, picture);
      heard();
    } catch (problem) {
      if (asked !== data) return;
      if (isDropped(problem)) {
        kept.delete(point);
        return;
      }
      kept.set(point, h("div", "caption", (problem as Error).message));
      heard();
    }
  }

  async function asked(point: number): Promise<HTMLElement | null> {
    const reply = await questions.ask({ kind: "picture", point });
    return reply.data ? painted(reply as Packed) : null;
  }

  return {
    of(point) {
      fresh();
      return kept.get(point) ?? null;
    },
    want(point) {
      fresh();
      const told = here();
      if (!told || kept.has(point)) return;
      if (told.strips) void show(point, cut(told as Carried, point));
      else if (can()) void show(point, asked(point));
    },
    note() {
      const told = here();
      if (!told?.strips || !told.points) return "";
      const [n = 0] = told.points.shape;
      const [count, unread] = [state.points?.count ?? 0, told.unread ?? 0];
      const words = { n: n.toLocaleString(t.language), count: count.toLocaleString(t.language) };
      return [
        n + unread < count ? t("scatter.pictures.some", words) : "",
        unread ? t("scatter.pictures.unread", { n: unread.toLocaleString(t.language) }) : "",
      ]
        .filter(Boolean)
        .join(" ");
    },
  };
}

type Carried = Required<Pictured>;

/** A picture out of its strip. */
async function cut({ points, sizes, cell, strips }: Carried, point: number): Promise<HTMLElement | null> {
  const place = unpack(points, "uint32").indexOf(point);
  const strip = strips[Math.floor(place / STRIP)];
  if (place < 0 || !strip) return null;
  const [width = 0, height = 0] = unpack(sizes, "uint8").subarray(2 * place);
  const canvas = h("canvas", { width, height });
  const bitmap = await createImageBitmap(new Blob([strip]));
  canvas.getContext("2d")?.drawImage(bitmap, 0, -cell * (place % STRIP));
  bitmap.close();
  return canvas;
}

/** The same once more: an element is in one place only. */
export function copied(shown: HTMLElement): HTMLElement {
  const copy = shown.cloneNode(true) as HTMLElement;
  if (shown instanceof HTMLCanvasElement)
    (copy as HTMLCanvasElement).getContext("2d")?.drawImage(shown, 0, 0);
  return copy;
}

/** A picture of uint8 [height, width, 3]. */
function painted(packed: Packed): HTMLCanvasElement {
  const [height = 0, width = 0] = packed.shape;
  const bytes = unpack(packed, "uint8");
  const canvas = h("canvas", { width, height });
  const pen = canvas.getContext("2d");
  const image = pen?.createImageData(width, height);
  if (!pen || !image) return canvas;
  image.data.fill(255);
  for (let i = 0; i < bytes.length; i++) image.data[i + Math.floor(i / 3)] = bytes[i] as number;
  pen.putImageData(image, 0, 0);
  return canvas;
}
