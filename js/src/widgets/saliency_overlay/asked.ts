import type { Life } from "../../core/life";
import type { Known } from "./known";
import type { Panel, Question } from "./wire";

/** What panels ask, as a hand changes it. */
export interface Asked {
  change(id: number, changes: Partial<Panel>): void;
  close(id: number): void;
  /** The same once more: it failed. */
  again(id: number): void;
  /** One more of the same picture; its id. */
  add(like: Panel): number;
  /** What the next one would show. */
  next(like: Panel): string;
}

export function asked(life: Life, state: Known): Asked {
  let highest = 0;
  const write = (panels: Panel[]) => life.write({ panels });
  /** The first method after this panel's that no panel of its model shows yet. */
  function next({ model: number, method }: Panel): string {
    const names = (state.models()[number]?.methods ?? []).filter(({ dead }) => !dead).map(({ name }) => name);
    const at = names.indexOf(method) + 1;
    const after = [...names.slice(at), ...names.slice(0, at)];
    const shown = state.panels().filter((one) => one.model === number);
    return after.find((name) => !shown.some((one) => one.method === name)) ?? method;
  }

  return {
    next,
    change: (id, changes) =>
      write(state.panels().map((one) => (one.id === id ? { ...one, ...changes } : one))),
    close(id) {
      highest = Math.max(highest, id);
      write(state.panels().filter((one) => one.id !== id));
    },
    again(id) {
      const question: Question = { kind: "again", panel: id };
      // Nobody waits for the answer: the panel shows what comes.
      life.send({ kind: "ask", id: "again", question });
    },
    add(like) {
      const all = state.panels();
      highest = Math.max(highest, ...all.map(({ id }) => id)) + 1;
      const one = { ...like, id: highest, method: next(like), layer: null };
      const at = all.findIndex(({ id }) => id === like.id) + 1;
      write([...all.slice(0, at), one, ...all.slice(at)]);
      return one.id;
    },
  };
}
