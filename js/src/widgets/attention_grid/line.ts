import { h, on, say } from "../../core/dom";
import { editor } from "../../core/editor";
import type { Reading } from "../../core/reading";
import { segments } from "../../core/segments";
import { steps } from "../../core/steps";
import type { Speech } from "../../core/words";
import type { Side } from "./known";
import type { Lit } from "./lit";
import { type Strip, type StripFacts, strip } from "./strip";
import type { Stack, State } from "./wire";

export interface LineFacts {
  stack: Stack | null;
  queries: Lit | null;
  keys: Lit | null;
  signed: boolean;
  largest: number;
  query: number | null;
  key: number | null;
  stale: boolean;
  /** The text as it was read, and as a person wrote it. */
  text: (Reading & { tokens: string[] }) | null;
  typed: string;
  unread: boolean;
  step: number;
  live: boolean;
  alive: boolean;
  busy: boolean;
}

export interface Line {
  el: HTMLElement;
  update(facts: LineFacts): void;
  edit(): boolean;
  editing(): boolean;
}

export interface LineOptions {
  t: Speech;
  write(state: Partial<State>): void;
  hover(side: Side, token: number | null): void;
  choose(side: Side, token: number): void;
  /** Editing has begun, or ended: by key, so that focus has lost its place. */
  edited(byKey: boolean): void;
  signal: AbortSignal;
}

/**
 * The tokens as they are read. Where queries and keys are the same text it stands here once, and a switch says which
 * of the two a click chooses; else there are two strips.
 */
export function line({ t, write, hover, choose, edited, signal }: LineOptions): Line {
  let facts: LineFacts | null = null;
  /** What a click on a token of the one text asks. */
  let asks: "query" | "key" = "query";
  let strips: [Side, Strip, HTMLElement][] = [];
  let shown = "";
  let scene = new AbortController();

  const toggle = segments(
    t("grid.asks"),
    { query: [t("grid.looks")], key: [t("grid.looked")] },
    (name) => {
      asks = name;
      draw();
    },
    signal,
  );
  const pen = editor({
    label: t("text.edit"),
    placeholder: t("placeholder"),
    typed: draw,
    submit: (text) => write({ text }),
    done(byKey) {
      draw();
      edited(byKey);
    },
    signal,
  });
  // The letters are the text area's; the same text under it makes room for them.
  const ground = h("div", { class: "xai-flow", dir: "auto", "aria-hidden": "true" });
  const paper = h("div", "paper", ground, pen.el);
  const sheet = h("div", "sheet", paper);
  const empty = h("div", "empty");
  const home = h("div", "strips");
  const scrubber = steps({
    t,
    // The token before looks ahead to the one that is scrubbed to.
    go: (step) => write({ step, query: (facts?.text?.prompt ?? 1) + step - 1 }),
    signal,
  });
  const el = h("div", "line", toggle.el, sheet, empty, home, scrubber.el);

  function pick(side: Side, token: number): void {
    const single = facts?.stack?.queries === facts?.stack?.keys;
    const name = single ? asks : side === "queries" ? "query" : "key";
    write({ [name]: facts?.[name] === token ? null : token });
  }

  function make(side: Side, caption: string): [Side, Strip, HTMLElement] {
    const one = strip({
      t,
      label: caption || t("grid.tokens"),
      pick: (token) => pick(side, token),
      hover: (token) => hover(side, token),
      choose: (token) => choose(side, token),
      signal: AbortSignal.any([signal, scene.signal]),
    });
    const name = h("div", "caption", caption);
    name.hidden = !caption;
    return [side, one, h("div", "strip-row", name, one.el)];
  }

  /** One strip where a text looks at itself, else two. */
  function build(stack: Stack): void {
    const key = `${stack.queries}\n${stack.keys}`;
    if (key === shown) return;
    shown = key;
    scene.abort();
    scene = new AbortController();
    const name = (side: Side) => {
      const axis = stack[side];
      return t(side === "queries" ? "grid.queries" : "grid.keys", {
        axis: t.maybe(`grid.axis.${axis}`) ?? axis,
      });
    };
    const single = stack.queries === stack.keys;
    strips = single ? [make("queries", "")] : [make("queries", name("queries")), make("keys", name("keys"))];
    home.replaceChildren(...strips.map(([, , row]) => row));
  }

  function stripFacts(side: Side, now: LineFacts): StripFacts | null {
    const lit = now[side];
    if (!lit) return null;
    const single = now.stack?.queries === now.stack?.keys;
    const coloured = single ? now[asks === "query" ? "keys" : "queries"] : lit;
    return {
      ...lit,
      values: coloured?.values ?? null,
      signed: now.signed,
      largest: now.largest,
      query: single || side === "queries" ? now.query : null,
      key: single || side === "keys" ? now.key : null,
      stale: now.stale,
    };
  }

  function draw(): void {
    if (!facts) return;
    const { stack, text, unread, typed, live, alive, busy } = facts;
    const editing = pen.active();
    const written = editing ? pen.el.value : typed;
    const covered = editing || (typed !== "" && (stack ? unread : live));
    sheet.hidden = !covered;
    sheet.classList.toggle("xai-editing", editing);
    say(ground, written);
    const waiting = busy && !stack;
    const blank = !covered && (!stack || (live && !typed && text !== null));
    const words = waiting ? t("computing") : live ? t("placeholder") : t("grid.none");
    say(empty, words);
    empty.hidden = !blank && !waiting;
    empty.dataset.busy = String(waiting);
    if (stack) build(stack);
    const single = stack?.queries === stack?.keys;
    toggle.el.hidden = !stack || !single;
    toggle.update(asks);
    for (const [side, one, row] of strips) {
      const now = stripFacts(side, facts);
      // A text that is being written, or was not read yet, stands in the place of its older self.
      row.hidden = !now || blank || (covered && now.axis.text === text?.text);
      if (now && !row.hidden) one.update(now);
    }
    scrubber.update({ input: text, step: facts.step, live, alive });
  }

  // Who clicks twice to edit has chosen no token with the first click.
  let before: Partial<State> = {};
  on(
    home,
    "mousedown",
    ({ detail }) => {
      if (detail < 2 && facts) before = { query: facts.query, key: facts.key };
    },
    signal,
  );
  on(
    home,
    "dblclick",
    () => {
      if (!edit()) return;
      if (before.query !== facts?.query || before.key !== facts?.key) write(before);
    },
    signal,
  );
  on(sheet, "dblclick", () => edit(), signal);
  on(empty, "click", () => edit(), signal);

  /** Begin to edit, where there is a text and somebody to read it. */
  function edit(): boolean {
    if (!facts?.live || !facts.alive || pen.active() || (facts.stack && !facts.text)) return false;
    getSelection()?.removeAllRanges();
    sheet.hidden = false;
    pen.open(facts.typed, facts.typed.length);
    draw();
    edited(false);
    return true;
  }

  return {
    el,
    edit,
    editing: () => pen.active(),
    update(next) {
      const last = facts;
      facts = next;
      // Chosen elsewhere, in the matrix or from Python: the switch follows.
      if (next.query !== (last?.query ?? null) && next.query !== null) asks = "query";
      else if (next.key !== (last?.key ?? null) && next.key !== null) asks = "key";
      draw();
    },
  };
}
