/** What is counted: features of a text, or rows of a table. */
export type Axis = "token" | "point";

/** What one widget tells the others: which features a person points at or has chosen. */
export interface Signal {
  group: string;
  from: string;
  axis: Axis;
  kind: "hover" | "select";
  /** Their indices; empty = nothing any more. */
  indices: number[];
  /** Their names: two widgets on different inputs must not answer each other by number alone. */
  names: string[];
}

const EVENT = "xaiwidgets";
const PLACE = Symbol.for("xaiwidgets.bus");

/** Every bundle is its own copy of this module, so the one meeting place hangs on the page. */
function meetingPlace(): EventTarget {
  const page = globalThis as { [PLACE]?: EventTarget };
  page[PLACE] ??= new EventTarget();
  return page[PLACE];
}

export interface Bus {
  /** Tell the others; what they heard last is not told again. */
  hover(indices: number[]): void;
  select(indices: number[]): void;
  /** Other features have come: what is pointed at elsewhere may be here now, and what was pointed at here is gone. */
  renamed(): void;
}

export interface BusOptions {
  group(): string;
  /** Tokens, unless said otherwise. */
  axis?: Axis;
  /** The name of a feature here, or undefined when there is no such feature. */
  nameOf(index: number): string | undefined;
  hear(kind: Signal["kind"], indices: number[]): void;
  signal: AbortSignal;
}

export function joinBus({ group, axis = "token", nameOf, hear, signal }: BusOptions): Bus {
  const place = meetingPlace();
  const from = `${Math.random()}`;
  /** The last hover of the group, whoever told it. */
  let last: Signal | null = null;

  function take(told: Signal): void {
    const known = told.indices.filter((index, i) => nameOf(index) === told.names[i]);
    // A choice on another input is no choice here, but pointing elsewhere does end pointing here.
    if (told.kind === "select" && told.indices.length && !known.length) return;
    hear(told.kind, known);
  }
  function tell(kind: Signal["kind"], indices: number[]): void {
    const names = indices.map((index) => nameOf(index) ?? "");
    const detail: Signal = { group: group(), from, axis, kind, indices, names };
    if (kind === "hover") {
      if (last?.from === from && alike(last, detail)) return;
      last = detail;
    }
    if (detail.group) place.dispatchEvent(new CustomEvent(EVENT, { detail }));
  }
  place.addEventListener(
    EVENT,
    (event) => {
      const told = (event as CustomEvent<Signal>).detail;
      if (told.axis !== axis || told.from === from || told.group !== group()) return;
      if (told.kind === "hover") last = told;
      take(told);
    },
    { signal },
  );
  return {
    hover: (indices) => tell("hover", indices),
    select: (indices) => {
      if (group()) tell("select", indices);
    },
    renamed() {
      if (last === null) return;
      if (last.from !== from) take(last);
      else if (last.indices.some((index, i) => nameOf(index) !== last?.names[i])) {
        tell("hover", []);
        hear("hover", []);
      }
    },
  };
}

const alike = (a: Signal, b: Signal) =>
  a.group === b.group && `${a.indices}` === `${b.indices}` && a.names.every((name, i) => name === b.names[i]);
