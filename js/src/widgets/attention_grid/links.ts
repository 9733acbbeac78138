import { joinBus } from "../../core/bus";
import { featuresIn, type Known, type Side } from "./known";
import type { Axis, Model, State } from "./wire";

export interface Links {
  /** Tokens that are pointed at, here or in a linked widget. */
  hovered(side: Side): Set<number>;
  /** Tokens that were chosen, here, in a linked widget or from Python. */
  selected(side: Side): Set<number>;
  hover(side: Side | null, token: number | null): void;
  choose(side: Side, token: number): void;
  /** Another text is shown, or another stack of heads. */
  renamed(): void;
}

export interface LinkOptions {
  model: Model;
  state: Known;
  write(state: Partial<State>): void;
  /** The marks on tokens have changed. */
  marked(): void;
  signal: AbortSignal;
}

const NONE: Set<number> = new Set();

/**
 * Which tokens are pointed at and chosen, here and in linked widgets. They speak of features, counted without special
 * tokens; where queries and keys are different texts, of those of the text that the model was given first.
 */
export function links({ model, state, write, marked, signal }: LinkOptions): Links {
  let pointed: { side: Side | null; tokens: Set<number> } = { side: null, tokens: NONE };

  /** The axis that features are counted on. */
  function shared(): Axis | null {
    const [input, stack] = [state.input, state.stack()];
    const name = Object.keys(input?.axes ?? {}).find((one) => one === stack?.queries || one === stack?.keys);
    return (name && input?.axes[name]) || null;
  }
  const isShared = (side: Side) => state.axis(side) !== null && state.axis(side) === shared();

  function tokensOf(indices: Iterable<number>): Set<number> {
    const axis = shared();
    const features = axis ? featuresIn(axis) : new Int32Array(0);
    return new Set([...indices].map((feature) => features.indexOf(feature)).filter((token) => token >= 0));
  }
  function featureOf(side: Side, token: number | null): number | null {
    const axis = state.axis(side);
    const feature = token === null || !axis || !isShared(side) ? -1 : (featuresIn(axis)[token] ?? -1);
    return feature < 0 ? null : feature;
  }
  function nameOf(feature: number): string | undefined {
    const axis = shared();
    return axis?.tokens[featuresIn(axis).indexOf(feature)];
  }
  const bus = joinBus({
    group: () => model.get("group"),
    nameOf,
    hear(kind, indices) {
      if (kind === "select") {
        write({ selected: indices });
        return;
      }
      if (!indices.length && !pointed.tokens.size) return;
      pointed = { side: null, tokens: tokensOf(indices) };
      marked();
    },
    signal,
  });

  /** Both sides where they are one text, else the side that was meant. */
  const lit = (side: Side, meant: Side | null) =>
    meant === null ? isShared(side) : meant === side || state.axis(side) === state.axis(meant);

  return {
    hovered: (side) => (pointed.tokens.size && lit(side, pointed.side) ? pointed.tokens : NONE),
    selected(side) {
      const chosen = model.get("selected");
      return chosen.length && isShared(side) ? tokensOf(chosen) : NONE;
    },
    hover(side, token) {
      const [last] = pointed.tokens;
      if ((last ?? null) === token && (token === null || pointed.side === side)) return;
      pointed = { side, tokens: token === null ? NONE : new Set([token]) };
      marked();
      const feature = side && featureOf(side, token);
      bus.hover(feature === null ? [] : [feature]);
    },
    choose(side, token) {
      const feature = featureOf(side, token);
      if (feature === null) return;
      const next = new Set(model.get("selected"));
      if (!next.delete(feature)) next.add(feature);
      const selected = [...next].sort((a, b) => a - b);
      write({ selected });
      bus.select(selected);
    },
    renamed: bus.renamed,
  };
}
