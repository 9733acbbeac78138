import type { Packed } from "../../core/arrays";
import type { Asking } from "../../core/ask";
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
  /** Ask for those that are not known yet. */
  want(points: Iterable<number>): void;
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

/** So many texts are asked for at a time. */
const MOST = 256;

/** What points are called. Of many points it is asked for when it is looked at. */
export function texts({ model, state, questions, can, heard }: TextOptions): Texts {
  let data: number | null = null;
  /** Empty texts are known, too, and texts that are being waited for. */
  const known = new Map<number, string>();

  function fresh(): void {
    const now = state.cloud?.data ?? null;
    if (now === data) return;
    data = now;
    known.clear();
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

  return {
    all,
    of(point) {
      fresh();
      return all()?.[point] ?? known.get(point) ?? "";
    },
    want(points) {
      fresh();
      if (all() || !can()) return;
      const missing = [...points].filter((point) => !known.has(point)).slice(0, MOST);
      if (!missing.length) return;
      for (const point of missing) known.set(point, "");
      void ask(missing);
    },
  };
}
