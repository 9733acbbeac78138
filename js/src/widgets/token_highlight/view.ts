import { badge } from "../../core/badge";
import { shade } from "../../core/colour";
import { h, on, say } from "../../core/dom";
import { editor } from "../../core/editor";
import { flow, type Look, type Sheet } from "../../core/flow";
import { keys } from "../../core/keys";
import { legend } from "../../core/legend";
import { ownKeys } from "../../core/own_keys";
import { scores } from "../../core/scores";
import type { Showing } from "../../core/shown";
import { statusBar } from "../../core/status";
import { steps } from "../../core/steps";
import { type Targets, targetsOf } from "../../core/targets";
import { tooltip } from "../../core/tooltip";
import type { Unit } from "../../core/units";
import { watch } from "../../core/watch";
import { hand } from "./hand";
import { known } from "./known";
import { list } from "./list";
import { takeAway } from "./take_away";
import { type Tool, tools } from "./tools";
import type { Model, State } from "./wire";

const WATCHED = [
  ...(["text", "method", "target", "step", "selected", "live", "busy"] as const),
  ...(["_methods", "_input", "_outputs", "_estimate", "_trust", "_fault"] as const),
];

/** One view of a TokenHighlight: it draws what the model says, and writes what a hand did. */
export function view({ model, el, life, t, signal }: Showing<Model>): { update(): void } {
  const state = known(model);
  let sheet: Sheet = { text: "", units: [], end: 0, pieces: () => [] };
  let specials = false;
  let listed = false;

  const root = h("div", { class: "xai xai-highlight", "data-lm-suppress-shortcuts": "true" });
  const tip = tooltip(root);
  const hands = hand({
    ...{ t, model, life, state, tip, signal },
    flow: () => text,
    sheet: () => sheet,
    focus: (unit) => roving.focus(unit),
    marked() {
      text.repaint();
      table.mark(hands.isOn);
    },
  });
  const text = flow({ label: t("text"), look, point: hands.point, press: hands.press, signal });
  const stops = () => hands.stops(specials);
  const roving = keys({
    ...{ flow: text, stops, edit, signal },
    focused: hands.point,
    press: (unit) => hands.press(unit, null),
    choose: hands.choose,
  });
  const bar = statusBar({
    t,
    pick: (method) => life.write({ method }),
    stop: () => life.send({ kind: "stop" }),
    resume: () => life.send({ kind: "resume" }),
    signal,
  });
  const trust = badge(t, signal);
  bar.slot.append(trust.el);
  const toolbar = tools({ t, home: bar.tools, use, signal });
  const pen = editor({
    label: t("text.edit"),
    placeholder: t("placeholder"),
    typed: layOut,
    submit: (typed) => life.write({ text: typed }),
    done: leave,
    signal,
  });
  const fault = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const dead = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const empty = h("div", "empty");
  const notes = h("div", "notes");
  const key = legend(t);
  const scrubber = steps({ t, go: (step) => life.write({ step }), signal });
  const answers = scores({ t, aim: (target) => life.write({ target }), signal });
  const table = list({ t, point: (unit) => hands.point(unit, null), signal });
  const paper = h("div", "paper", text.el, empty, pen.el);
  const box = h("div", "sheet", paper);
  const main = h("div", "main", box, notes, scrubber.el, key.el);
  const body = h("div", "body", main, answers.el);
  root.append(bar.el, trust.why, fault, dead, body, table.el, tip.el);
  el.append(root);

  function look(unit: Unit): Look {
    const now = state.shown?.picture;
    const { side, size } = shade(now?.worth(unit) ?? null, now?.max ?? 0);
    const explained = state.explained();
    const mark = (name: string, is: unknown) => (is ? ` xai-${name}` : "");
    const names =
      `xai-w xai-${side}` +
      mark("special", unit.special) +
      mark("tag", unit.tag) +
      mark("part", unit.part) +
      mark("generated", unit.generated) +
      mark("explained", explained !== null && unit.tokens.includes(explained)) +
      mark("after", explained !== null && (unit.tokens[0] ?? 0) > explained) +
      mark("selected", hands.isChosen(unit)) +
      mark("on", hands.isOn(unit));
    return { names, size };
  }

  /** Begin to edit, with the caret behind a word or at the end. */
  function edit(at?: Unit | null): void {
    if (!model.get("live") || !life.alive() || pen.active()) return;
    const typed = model.get("text");
    tip.hide();
    root.classList.add("xai-editing");
    pen.open(typed, at ? at.end : typed.length);
    layOut();
    draw();
  }

  /** Editing has ended; by key, focus goes to the word where the caret was. */
  function leave(byKey: boolean): void {
    root.classList.remove("xai-editing");
    layOut();
    draw();
    if (!byKey) return;
    const near = stops().find((unit) => unit.end >= pen.el.selectionEnd) ?? stops().at(-1);
    if (near) roving.focus(near);
    else toolbar.focus("edit");
    // Who has just written wants to see the line below, not a tip over it.
    tip.hide();
  }

  function use(tool: Tool): void {
    if (tool === "edit") edit();
    else if (tool === "special") specials = !specials;
    else if (tool === "list") listed = !listed;
    else
      void takeAway(tool, { methods: model.get("_methods"), t, state, root, flow: text, legend: key }).then(
        bar.confirm,
      );
    draw();
  }

  /** Lay the text out anew. Keyboard focus stays on the word with the same place in the order. */
  function layOut(): void {
    const focused = text.unitOf(document.activeElement);
    const place = focused ? stops().indexOf(focused) : -1;
    sheet = state.sheet(pen.active() ? pen.el.value : null);
    text.show(sheet, hands.split);
    const all = stops();
    const same = place < 0 ? undefined : all[Math.min(place, all.length - 1)];
    if (same) roving.focus(same);
    else roving.settle(all[0]);
  }

  function draw(): void {
    const [live, busy, alive, step] = [model.get("live"), model.get("busy"), life.alive(), model.get("step")];
    const { input, outputs, estimate, shown } = state;
    const stale = state.stale();
    const why = alive ? null : t("restarted");
    const methods = model.get("_methods");
    const method = model.get("method") || estimate?.method || "";
    const worth = state.trust();
    const check = worth && (worth.kind === "checking" ? "running" : "done");
    bar.update({ live, alive, methods, method, check, progress: state.progress() });
    trust.update(worth);
    show(fault, model.get("_fault")?.message ?? "");
    show(dead, (live && why) || "");
    const waiting = busy && !sheet.text;
    show(empty, sheet.text || pen.active() ? "" : waiting ? t("computing") : live ? t("placeholder") : "");
    empty.dataset.busy = String(waiting);
    root.classList.toggle("xai-stale", stale);
    root.classList.toggle("xai-specials", specials);
    const cut = input && input.cut !== null ? [t("cut")] : [];
    show(notes, [...(estimate && !stale ? estimate.notes : []), ...cut].join(" "));
    scrubber.update({ input, step, live, alive });
    const targets: Targets = outputs ? targetsOf(model.get("target"), outputs, estimate?.targets ?? []) : [];
    answers.update({ outputs, targets, live, alive });
    answers.el.classList.toggle("xai-old", outputs?.input !== input?.id);
    const unknown = !shown?.picture.count || !estimate;
    key.update(unknown ? null : { ...shown.picture, ...estimate });
    text.repaint();
    table.el.hidden = !listed || !shown;
    if (listed && shown) table.update(shown.picture);
    toolbar.update("edit", { hidden: !live, pressed: pen.active(), dead: why });
    toolbar.update("special", { hidden: !input?.special.length, pressed: specials });
    toolbar.update("list", { pressed: listed });
  }

  function show(element: HTMLElement, words: string): void {
    say(element, words);
    element.hidden = !words;
  }

  /** Take what changed. One message may carry several traits: they are drawn once, together. */
  function update(changed: ReadonlySet<keyof State>): void {
    state.take(changed);
    if (changed.has("_input")) hands.split.clear();
    // While a person types, the text area leads, and what the kernel echoes of it changes nothing.
    if (changed.has("_input") || (changed.has("text") && !pen.active())) layOut();
    if (changed.has("_input")) hands.renamed();
    draw();
  }

  watch({ model, names: WATCHED, changed: update, signal });

  let frame = 0;
  const refresh = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => text.refresh());
  };
  const resized = new ResizeObserver(refresh);
  resized.observe(box);
  on(box, "scroll", refresh, signal);
  on(paper, "dblclick", (event) => edit(text.unitOf(event.target as Element)), signal);
  on(empty, "click", () => edit(), signal);
  on(root, "keydown", (event) => event.key === "Escape" && hands.point(null, null), signal);
  ownKeys(root, signal);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    resized.disconnect();
    root.remove();
  });
  update(new Set(WATCHED));
  return { update: draw };
}
