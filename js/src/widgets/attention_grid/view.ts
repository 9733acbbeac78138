import { button, h, icon, on, say, set } from "../../core/dom";
import { ownKeys } from "../../core/own_keys";
import { remembered } from "../../core/remembered";
import { copy } from "../../core/save";
import type { Showing } from "../../core/shown";
import { statusBar, titleOf } from "../../core/status";
import { onTheme } from "../../core/theme";
import { tooltip } from "../../core/tooltip";
import { watch } from "../../core/watch";
import { asking } from "./ask";
import { choose } from "./choose";
import { effectOf } from "./effect";
import { find } from "./find";
import { headGrid } from "./grid";
import { headPanel } from "./head";
import { known, type Side } from "./known";
import { widest } from "./layout";
import { gridLegend } from "./legend";
import { line } from "./line";
import { links } from "./links";
import { lit } from "./lit";
import { offered } from "./offered";
import { arrange } from "./order";
import { tabs } from "./tabs";
import { colours } from "./theme";
import { figure, told } from "./told";
import type { Model, State } from "./wire";

const WATCHED = [
  ...(["text", "stack", "source", "layer", "head", "query", "key", "order", "looks", "selected"] as const),
  ...(["pinned", "target", "step", "live", "busy", "_sources", "_patterns", "_input", "_outputs"] as const),
  ...(["_grid", "_head", "_pin", "_ablation", "_looks", "_kept", "_fault"] as const),
];

/** So many heads have room in half the width. */
const FEW = 12;

const PENCIL = "M3 13l.7-3L10.5 3.2a1.2 1.2 0 0 1 1.7 0l.6.6a1.2 1.2 0 0 1 0 1.7L6 12.3zM9.5 4.2l2.3 2.3";
const SHEETS = "M6 5.5h7.5v8H6zM10 5.5v-3H2.5v8H6";

/** One view of an AttentionGrid: it draws what the model says, and writes what a hand did. */
export function view({ model, el, life, t, signal }: Showing<Model>): { update(): void } {
  const state = known(model);
  let threshold = 0;
  let descending = true;
  /** The order before the search, which comes back when it is over. */
  let sought = "layer";
  let coloured: Record<Side, Float32Array | null> = { queries: null, keys: null };
  const write = (changes: Partial<State>) => life.write(changes);
  /** Why nobody can be asked now, or null. */
  const why = () => (state.exported() ? t("grid.locked") : life.alive() ? null : t("restarted"));

  const root = h("div", { class: "xai xai-attention", "data-lm-suppress-shortcuts": "true" });
  const tip = tooltip(root);
  const words = told({ t, model, state });
  const questions = asking({ model, life, why, signal });
  const linked = links({ model, state, write, marked: draw, signal });
  const bar = statusBar({
    t,
    caption: "grid.source",
    pick: (source) => write({ source }),
    stop: () => life.send({ kind: "stop" }),
    resume: () => life.send({ kind: "resume" }),
    signal,
  });
  const pencil = tool("edit", PENCIL, () => text.edit());
  const sheets = tool("grid.copy.scores", SHEETS, async () =>
    bar.confirm(t((await copy(words.table())) ? "copied" : "copy.failed")),
  );
  const orders = choose({
    t,
    pick: (order) => write({ order }),
    turn() {
      descending = !descending;
      draw();
    },
    cut(next) {
      threshold = next;
      draw();
    },
    signal,
  });
  bar.slot.parentElement?.before(orders.el);
  const text = line({
    ...{ t, write, signal },
    hover: linked.hover,
    choose: linked.choose,
    edited(byKey) {
      draw();
      if (byKey) pencil.focus();
    },
  });
  const finder = find({ t, look, signal });
  const heads = headGrid({
    ...{ t, tip, said: words.said, told: words.tip, caption: words.caption, signal },
    open,
    pin(cell) {
      if (why()) return;
      const { layer, head } = state.placeOf(cell);
      const same = model.get("pinned").join() === `${layer},${head}`;
      write({ pinned: same ? [] : [layer, head] });
    },
  });
  const panel = headPanel({
    ...{ t, ask: questions.ask, write, hover: linked.hover, confirm: bar.confirm, signal },
    coloured(side, values) {
      if (coloured[side] === values) return;
      coloured = { ...coloured, [side]: values };
      draw();
    },
  });
  const theme = colours(root);
  const legend = gridLegend(t, state, theme);
  const seeking = h("div", "seek", finder.el, orders.threshold);
  const fault = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const dead = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const notes = h("div", "notes");
  const left = h("div", "main", heads.el, legend.el, notes);
  const hint = h("div", "hint", t("grid.hint"));
  const body = h("div", "body", left, panel.el, hint);
  const kinds = tabs({
    label: t("grid.stacks"),
    panel: body,
    pick: (stack) => write({ stack, layer: null, head: null, query: null, key: null }),
    signal,
  });
  bar.tools.append(pencil, sheets);
  root.append(bar.el, fault, dead, text.el, seeking, kinds.el, body, tip.el);
  el.append(root);

  function tool(word: "edit" | "grid.copy.scores", path: string, use: () => unknown): HTMLButtonElement {
    const one = button("tool", icon(path));
    set(one, { title: t(word), "aria-label": t(word) });
    on(one, "click", use, signal);
    return one;
  }

  /** Where there is one map a layer, the head that was open stays the one that is meant. */
  function open(cell: number): void {
    const place = state.placeOf(cell);
    write(state.layered() ? { ...place, head: model.get("head") ?? 0 } : place);
  }

  function look(looks: string[]): void {
    const order = model.get("order");
    if (order !== "looks") sought = order;
    // Without a kernel the tokens are marked, and that is all.
    if (looks.some(Boolean)) write(why() ? { looks } : { looks, order: "looks" });
    else write({ looks, order: sought });
  }

  const sorted = remembered((count: number, scores: Float32Array | null, down: boolean, cut: number) =>
    arrange({ count, scores, descending: down, threshold: cut }),
  );
  const effects = remembered((values: Float32Array | undefined) => (values ? effectOf(values) : null));
  const litOn = lit({ model, state, linked });

  /** What a page without a kernel lacks. */
  function leftOut(): string[] {
    const { kept } = state;
    if (!state.exported() || kept?.whole) return [];
    return [kept ? t("grid.kept", { side: kept.side }) : t("grid.left")];
  }

  function show(element: HTMLElement, sentence: string): void {
    say(element, sentence);
    element.hidden = !sentence;
  }

  function drawGrid(stale: boolean): void {
    const { grid } = state;
    const stack = state.stack();
    left.hidden = !stack;
    if (!stack) return;
    const columns = state.columns();
    const layers = grid?.layers ?? stack.layers;
    const count = layers * columns;
    const order = model.get("order");
    const arranged = sorted(count, state.ranking(order), descending, threshold);
    const effect = effects(state.effect()?.numbers);
    heads.recolour(theme.paint(grid?.signed ?? false));
    heads.update({
      ...{ grid, layers, heads: columns, arranged, effect },
      groups: columns === stack.heads ? stack.groups : columns,
      opened: state.cellOf(state.wanted()),
      pinned: state.cellOf(model.get("pinned")),
    });
    heads.el.setAttribute("aria-busy", String(stale || (grid?.ready ?? 0) < count));
    orders.update({
      ...{ orders: offered({ t, model, state }), order, ranked: arranged.ranked, descending, count },
      shown: arranged.cells.length,
      limit: arranged.limit === null ? null : `${descending ? "≥" : "≤"} ${figure(arranged.limit)}`,
    });
    legend.update(effect);
    // Many heads take the whole width until one is opened; few leave the rest to the opened one.
    root.classList.toggle("xai-split", !panel.el.hidden || columns <= FEW);
    const need = arranged.ranked ? "50%" : `${Math.max(280, widest(columns, stack.groups))}px`;
    if (body.style.getPropertyValue("--need") !== need) body.style.setProperty("--need", need);
  }

  /** What a person should know beside what is seen. */
  function remarks(): string[] {
    const { input, grid } = state;
    const masked = grid?.masked.length ? [t("grid.masked.queries", { n: grid.masked.length })] : [];
    const cut = (["queries", "keys"] as const).some((side) => typeof state.axis(side)?.cut === "number");
    return [...(input?.notes ?? []), ...masked, ...(cut ? [t("cut")] : []), ...leftOut()];
  }

  function draw(): void {
    const [live, busy, alive] = [model.get("live"), model.get("busy"), life.alive()];
    const { input, grid } = state;
    const stack = state.stack();
    const stale = state.stale();
    const reason = why();
    const [sources, source] = [model.get("_sources"), model.get("source")];
    bar.update({
      ...{ live: !state.exported(), alive, methods: sources, method: source, check: null },
      progress: state.progress(),
    });
    show(fault, model.get("_fault")?.message ?? "");
    show(dead, alive || state.exported() ? "" : t("restarted"));
    root.classList.toggle("xai-stale", stale);
    const [queries, keys] = [litOn("queries", coloured.queries), litOn("keys", coloured.keys)];
    const head = state.head();
    text.update({
      ...{ stack, queries, keys, stale, live, alive, busy },
      signed: head?.signed ?? grid?.signed ?? false,
      largest: head?.largest ?? grid?.largest ?? 1,
      query: model.get("query"),
      key: model.get("key"),
      text: state.text(),
      typed: model.get("text"),
      unread: state.unread(),
      step: model.get("step"),
    });
    seeking.hidden = !stack;
    finder.el.hidden = queries?.axis.kind !== "text" && keys?.axis.kind !== "text";
    finder.update(model.get("looks"));
    kinds.update(
      (input?.stacks ?? []).map(({ name }) => ({
        name,
        title: t.maybe(`grid.stack.${name}`) ?? name,
        dead: reason && t("grid.locked"),
      })),
      stack?.name ?? "",
    );
    const wanted = state.wanted();
    panel.el.hidden = !stack || !wanted;
    hint.hidden = !stack || !panel.el.hidden;
    drawGrid(stale);
    if (input && stack) {
      const cell = state.cellOf(wanted);
      panel.update({
        ...{ input, stack, grid, head, pin: state.pin, wanted, alive: alive && !state.exported() },
        query: model.get("query"),
        key: model.get("key"),
        hovered: { queries: linked.hovered("queries"), keys: linked.hovered("keys") },
        found: { queries: queries?.found ?? new Set(), keys: keys?.found ?? new Set() },
        stale: stale || (head !== null && head.input !== input.id),
        best: cell === null ? "" : words.best(cell),
        sourceTitle: titleOf(t, sources, source),
      });
    }
    show(notes, stale ? "" : remarks().join(" "));
    pencil.hidden = !live;
    pencil.disabled = reason !== null;
    set(pencil, { title: reason ?? t("edit"), "aria-pressed": String(text.editing()) });
    sheets.hidden = !state.scores.size;
  }

  /** Take what changed. One message may carry several traits: they are drawn once, together. */
  function update(changed: ReadonlySet<keyof State>): void {
    state.take(changed);
    if (changed.has("order")) {
      threshold = 0;
      descending = state.fromTop(model.get("order"));
    }
    if (changed.has("_input") || changed.has("stack")) linked.renamed();
    draw();
    if (changed.has("layer") || changed.has("head")) {
      const cell = state.cellOf(state.wanted());
      if (cell !== null) heads.reveal(cell);
    }
  }

  watch({ model, names: WATCHED, changed: update, signal });
  on(
    root,
    "keydown",
    (event) => {
      if (event.key === "Escape") tip.hide();
      else if (event.key === "F2" && !text.editing()) {
        event.preventDefault();
        text.edit();
      }
    },
    signal,
  );
  ownKeys(root, signal);
  onTheme(
    root,
    () => {
      theme.forget();
      draw();
    },
    signal,
  );
  signal.addEventListener("abort", () => root.remove());
  update(new Set(WATCHED));
  return {
    update() {
      questions.update();
      draw();
    },
  };
}
