import type { Packed } from "../../core/arrays";
import { unpack } from "../../core/arrays";
import { type Asking, isDropped } from "../../core/ask";
import { h } from "../../core/dom";
import type { Known } from "./known";
import { filled, type Model, type Question } from "./wire";

/** What comes back: texts in the facts, or an array. */
export type Reply = Partial<Packed> & { texts?: string[] };
export type Questions = Asking<Question, Reply>;

export interface Texts {
  /** All of them, where they came with the points. */
  all(): string[] | null;
  /** What a point is called, as far as it is known here. */
  of(point: number): string;
  /** What a point looks like, or why that cannot be seen. */
  picture(point: number): HTMLElement | null;
  /** Ask for those that are not known yet. */
  want(points: Iterable<number>): void;
  wantPicture(point: number): void;
}

export interface TextOptions {
  model: Model;
  state: Known;
  questions: Questions;
  /** Whether there is anybody to ask. */
  can(): boolean;
  /** Something is known that wasn't. */
  heard(): void;
}

/** So many pictures are kept. */
const KEPT = 100;
/** So many texts are asked for at a time. */
const MOST = 256;

/** What points are called and what they look like. Of many points it is asked for when it is looked at. */
export function texts({ model, state, questions, can, heard }: TextOptions): Texts {
  let data: number | null = null;
  /** Empty texts are known, too, and texts that are being waited for. */
  const known = new Map<number, string>();
  const pictures = new Map<number, HTMLElement | null>();

  function fresh(): void {
    const now = state.cloud?.data ?? null;
    if (now === data) return;
    data = now;
    known.clear();
    pictures.clear();
  }

  function all(): string[] | null {
    const sent = filled<{ data: number; texts: string[] }>(model.get("_texts"));
    return sent && sent.data === state.cloud?.data ? sent.texts : null;
  }

  async function ask(points: number[]): Promise<void> {
    const asked = data;
    try {
      const { texts: found = [] } = await questions.ask({ kind: "texts", points });
      if (asked !== data) return;
      points.forEach((point, i) => {
        known.set(point, found[i] ?? "");
      });
      if (found.some(Boolean)) heard();
    } catch {
      // They stay without a name, and are not asked for again.
    }
  }

  async function show(point: number): Promise<void> {
    const asked = data;
    pictures.set(point, null);
    try {
      const reply = await questions.ask({ kind: "picture", point });
      if (asked !== data || !reply.data) return;
      for (const [old] of pictures) if (pictures.size > KEPT) pictures.delete(old);
      pictures.set(point, painted(reply as Packed));
      heard();
    } catch (problem) {
      if (asked !== data) return;
      if (isDropped(problem)) {
        pictures.delete(point);
        return;
      }
      pictures.set(point, h("div", "caption", (problem as Error).message));
      heard();
    }
  }

  return {
    all,
    of(point) {
      fresh();
      return all()?.[point] ?? known.get(point) ?? "";
    },
    picture(point) {
      fresh();
      return pictures.get(point) ?? null;
    },
    want(points) {
      fresh();
      if (all() || !can()) return;
      const missing = [...points].filter((point) => !known.has(point)).slice(0, MOST);
      if (!missing.length) return;
      for (const point of missing) known.set(point, "");
      void ask(missing);
    },
    wantPicture(point) {
      fresh();
      const has = filled<{ data: number }>(model.get("_pictures"));
      if (has?.data === state.cloud?.data && has && can() && !pictures.has(point)) void show(point);
    },
  };
}

/** The same once more: an element is in one place only. */
export function copied(shown: HTMLElement): HTMLElement {
  const copy = shown.cloneNode(true) as HTMLElement;
  if (shown instanceof HTMLCanvasElement)
    (copy as HTMLCanvasElement).getContext("2d")?.drawImage(shown, 0, 0);
  return copy;
}

/** A picture of uint8 [height, width, 3] or [height, width]. */
function painted(packed: Packed): HTMLCanvasElement {
  const [height = 0, width = 0, channels = 1] = packed.shape;
  const bytes = unpack(packed, "uint8");
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  const image = pen?.createImageData(width, height);
  if (!pen || !image) return canvas;
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++)
      image.data[4 * i + channel] = bytes[i * channels + Math.min(channel, channels - 1)] as number;
    image.data[4 * i + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
