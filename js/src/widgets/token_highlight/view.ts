import { joinBus } from "../../core/bus";
import { shade } from "../../core/colour";
import { h, say } from "../../core/dom";
import { legend } from "../../core/legend";
import type { Life } from "../../core/life";
import { copy, download, pngBlob, svgBlob } from "../../core/save";
import { type Outputs, scores } from "../../core/scores";
import { type Progress, statusBar } from "../../core/status";
import { type Targets, targetsOf } from "../../core/targets";
import type { Speech } from "../../core/words";
import { editedSheet, sheetOf } from "./edited";
import { editor } from "./editor";
import { flow, type Look } from "./flow";
import { keys } from "./keys";
import { list } from "./list";
import { carry, type Picture, picture, unknown } from "./picture";
import { snapshot } from "./snapshot";
import { steps } from "./steps";
import { tsv } from "./table";
import { tipOf } from "./tip";
import { type Tool, tools } from "./tools";
import { tooltip } from "./tooltip";
import { featuresOf, type Unit } from "./units";
import {
  type Estimate,
  type Input,
  type Model,
  readEstimate,
  readInput,
  readOutputs,
  type State,
} from "./wire";

export interface ViewOptions {
  model: Model;
  el: HTMLElement;
  life: Life;
  t: Speech;
  signal: AbortSignal;
}

const NO_NUMBERS = new Float32Array(0);

/** One view of a TokenHighlight: reads the model, draws, and writes what a hand did. */
export function view({ model, el, life, t, signal }: ViewOptions): { update(): void } {
  let input: Input | null = null;
  let estimate: Estimate | null = null;
  let outputs: Outputs | null = null;
  /** What is on the screen, and the arrays it was made from. */
  let shown: { picture: Picture; values: Float32Array; error: Float32Array } | null = null;
  /** The run that was on screen when something else was asked for; its numbers are old news. */
  let askedAfter: number | null = null;
  let hovered = new Set<number>();
  let selected = new Set<number>();
  const split = new Set<Unit>();
  const owners = new Map<Unit, Unit>();
  let showSpecial = false;
  let showList = false;

  const root = h("div", { class: "xai", "data-lm-suppress-shortcuts": "true" });
  const bar = statusBar({
    t,
    pick: (method) => life.write({ method }),
    stop: () => life.send({ kind: "stop" }),
    resume: () => life.send({ kind: "resume" }),
    signal,
  });
  const fault = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const dead = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const empty = h("div", { class: "xai-empty" });
  const notes = h("div", { class: "xai-notes" });
  const key = legend(t);
  const tip = tooltip(root);
  const text = flow({ label: t("text"), look, point, press, signal });
  const pen = editor({
    label: t("text.edit"),
    placeholder: t("placeholder"),
    typed: () => drawText(),
    submit: (typed) => life.write({ text: typed }),
    done(byKey) {
      root.classList.remove("xai-editing");
      update();
      drawText();
      if (byKey) toolbar.focus("edit");
    },
    signal,
  });
  const paper = h("div", { class: "xai-paper" }, text.el, empty, pen.el);
  const sheet = h("div", { class: "xai-sheet" }, paper);
  const scrubber = steps({ t, go: (step) => life.write({ step }), signal });
  const answers = scores({ t, aim: (target) => life.write({ target }), signal });
  const table = list({ t, point: (unit) => point(unit, null), signal });
  const toolbar = tools({ t, home: bar.tools, use, signal });
  const main = h("div", { class: "xai-main" }, sheet, notes, scrubber.el, key.el);
  root.append(bar.el, fault, dead, h("div", { class: "xai-body" }, main, answers.el), table.el, tip.el);
  el.append(root);

  const roving = keys({
    flow: text,
    stops,
    focused: point,
    press: (unit) => press(unit, null),
    choose,
    edit: () => startEdit(),
    signal,
  });
  const bus = joinBus({
    group: () => model.get("group"),
    nameOf: (index) => input?.tokens[input.features.indexOf(index)],
    hear(kind, indices) {
      if (kind === "hover") mark(indices);
      else life.write({ selected: indices });
    },
    signal,
  });

  function explained(): number | null {
    if (!input || input.prompt === null) return null;
    return input.prompt + (model.get("step") ?? 0);
  }

  function isStale(): boolean {
    return !estimate || estimate.input !== input?.id || estimate.run === askedAfter;
  }

  function look(unit: Unit): Look {
    const { side, size } = shade(shown?.picture.worth(unit) ?? null, shown?.picture.max ?? 0);
    const names = ["xai-w", `xai-${side}`];
    const now = explained();
    if (unit.special) names.push("xai-special");
    if (unit.tag) names.push("xai-tag");
    if (unit.part) names.push("xai-part");
    if (unit.generated) names.push("xai-generated");
    if (now !== null && unit.tokens.includes(now)) names.push("xai-explained");
    else if (now !== null && (unit.tokens[0] ?? 0) > now) names.push("xai-after");
    const features = input ? featuresOf(input, unit) : [];
    if (features.some((feature) => selected.has(feature))) names.push("xai-selected");
    if (features.some((feature) => hovered.has(feature))) names.push("xai-on");
    return { names: names.join(" "), size };
  }

  function isOn(unit: Unit): boolean {
    return input !== null && featuresOf(input, unit).some((feature) => hovered.has(feature));
  }

  function mark(features: number[]): void {
    hovered = new Set(features);
    text.repaint();
    table.mark(isOn);
  }

  /** A hand points at a word, in the text or in the list, or at none. */
  function point(unit: Unit | null, element: HTMLElement | null): void {
    const features = unit && input ? featuresOf(input, unit) : [];
    const known =
      element && unit && shown && tipOf(t, shown.picture, unit, estimate?.error_kind ?? "unknown");
    if (known && !pen.active()) tip.show(known, element);
    else tip.hide();
    if (features.length === hovered.size && features.every((feature) => hovered.has(feature))) return;
    mark(features);
    bus.send("hover", features, namesOf(features));
  }

  function namesOf(features: number[]): string[] {
    return features.map((feature) => input?.tokens[input.features.indexOf(feature)] ?? "");
  }

  function press(unit: Unit, event: MouseEvent | null): void {
    if (event && getSelection()?.isCollapsed === false) return;
    if (event?.ctrlKey || event?.metaKey) {
      choose(unit);
      return;
    }
    if (unit.generated && model.get("live")) {
      life.write({ step: (unit.tokens[0] as number) - (input?.prompt ?? 0) });
      return;
    }
    const owner = owners.get(unit) ?? unit;
    const pieces = shown?.picture.pieces(owner) ?? [];
    if (pieces.length < 2) return;
    if (split.has(owner)) split.delete(owner);
    else split.add(owner);
    for (const piece of pieces) owners.set(piece, owner);
    tip.hide();
    text.redraw(owner);
    roving.focus(split.has(owner) ? (pieces[0] as Unit) : owner);
  }

  function choose(unit: Unit): void {
    if (!input) return;
    const features = featuresOf(input, unit);
    const next = new Set(selected);
    const on = features.some((feature) => selected.has(feature));
    for (const feature of features) on ? next.delete(feature) : next.add(feature);
    const indices = [...next].sort((a, b) => a - b);
    selected = next;
    text.repaint();
    life.write({ selected: indices });
    bus.send("select", indices, namesOf(indices));
  }

  function stops(): Unit[] {
    const units = shown?.picture.units ?? [];
    return units
      .filter((unit) => showSpecial || !unit.special || !unit.tag || unit.generated)
      .flatMap((unit) => (split.has(unit) ? (shown?.picture.pieces(unit) ?? []) : [unit]));
  }

  function startEdit(): void {
    if (!model.get("live") || !life.alive() || pen.active()) return;
    tip.hide();
    root.classList.add("xai-editing");
    const prompt = model.get("text");
    pen.open(prompt, prompt.length);
    drawText();
    draw();
  }

  function use(tool: Tool): void {
    if (tool === "edit") startEdit();
    else if (tool === "copy") void copyValues();
    else if (tool === "svg" || tool === "png") void save(tool);
    else if (tool === "special") showSpecial = !showSpecial;
    else showList = !showList;
    draw();
  }

  async function copyValues(): Promise<void> {
    if (!shown) return;
    const done = await copy(tsv(shown.picture, shown.error, shown.values));
    bar.confirm(t(done ? "copied" : "copy.failed"));
  }

  async function save(kind: "svg" | "png"): Promise<void> {
    const title = [estimate && (t.maybe(`method.${estimate.method}`) ?? estimate.method), estimate?.target];
    text.refresh(true);
    const svg = snapshot(root, text.el, key, title.filter(Boolean).join(" · "));
    text.refresh();
    try {
      const name = `token-highlight.${kind}`;
      download(kind === "svg" ? svgBlob(svg) : await pngBlob(svg), name);
      bar.confirm(t("saved", { name }));
    } catch {
      bar.confirm(t("save.failed"));
    }
  }

  /** The numbers to draw: the estimate of this input, or an older one carried over to the words that stayed. */
  function compose(): void {
    if (!input) {
      shown = null;
    } else if (estimate?.input === input.id) {
      shown = {
        picture: picture(input, estimate.values, estimate.error),
        values: estimate.values,
        error: estimate.error,
      };
    } else {
      const values = shown
        ? carry(shown.picture, shown.values, input)
        : model.get("busy")
          ? unknown(input)
          : NO_NUMBERS;
      shown = { picture: picture(input, values, NO_NUMBERS), values, error: NO_NUMBERS };
    }
  }

  /** Lay the text out anew. Keyboard focus stays on the word with the same place in the order. */
  function drawText(): void {
    const before = text.unitOf(document.activeElement);
    const place = before ? Math.max(0, stops().indexOf(before)) : -1;
    if (shown)
      text.show(
        pen.active() ? editedSheet(shown.picture, model.get("text"), pen.text()) : sheetOf(shown.picture),
        split,
      );
    else text.show({ text: pen.active() ? pen.text() : "", units: [], end: 0, pieces: () => [] }, split);
    const all = stops();
    if (place >= 0 && all.length) roving.focus(all[Math.min(place, all.length - 1)] as Unit);
    else roving.settle(all[0]);
  }

  function progress(): Progress {
    const current = estimate && !isStale() ? estimate : null;
    const busy = model.get("busy") || current?.state === "running";
    const failed = model.get("_fault") ? "failed" : null;
    return {
      state: busy ? "running" : (failed ?? current?.state ?? null),
      why: busy ? null : (current?.stopped_by ?? null),
      evaluations: current?.evaluations ?? 0,
      error: current?.relative_error ?? null,
      errorKind: current?.error_kind ?? "",
    };
  }

  function draw(): void {
    const [live, busy, alive] = [model.get("live"), model.get("busy"), life.alive()];
    const method = model.get("method") || estimate?.method || "";
    bar.update({ live, alive, methods: model.get("_methods") ?? [], method, progress: progress() });
    const problem = model.get("_fault")?.message ?? "";
    say(fault, problem);
    fault.hidden = !problem;
    say(dead, alive || !live ? "" : t("restarted"));
    dead.hidden = alive || !live;
    const blank = !shown?.picture.input.text && !pen.active();
    empty.hidden = !blank;
    empty.dataset.busy = String(busy && !input);
    say(empty, busy && !input ? t("computing") : live ? t("placeholder") : "");
    root.classList.toggle("xai-stale", pen.active() || (isStale() && shown !== null));
    root.classList.toggle("xai-with-special", showSpecial);
    const lines = [
      ...(estimate && !isStale() ? estimate.notes : []),
      ...(input && input.cut !== null ? [t("cut")] : []),
    ];
    say(notes, lines.join(" "));
    notes.hidden = !lines.length;
    scrubber.update({ input, step: model.get("step") ?? 0, live, alive });
    const targets: Targets = outputs ? targetsOf(model.get("target"), outputs, estimate?.targets ?? []) : [];
    answers.update({ outputs, targets, live, alive });
    drawLegend();
    text.repaint();
    table.el.hidden = !showList || !shown;
    if (showList && shown) table.update(shown.picture);
    const why = alive ? null : t("restarted");
    toolbar.update("edit", { hidden: !live, pressed: pen.active(), dead: why });
    toolbar.update("special", { hidden: !input?.features.includes(-1), pressed: showSpecial });
    toolbar.update("list", { pressed: showList });
  }

  function drawLegend(): void {
    const now = shown?.picture;
    if (!now || !estimate || !now.count) {
      key.update(null);
      return;
    }
    const { unit, target, contrast, output, baseline_output: baseline } = estimate;
    key.update({
      max: now.max,
      sequential: now.sequential,
      unit,
      target,
      contrast,
      sum: now.sum,
      output,
      baseline,
    });
  }

  const dirty = new Set<keyof State>();
  const WATCHED: (keyof State)[] = [
    "text",
    "method",
    "target",
    "step",
    "selected",
    "live",
    "busy",
    "_methods",
    "_input",
    "_outputs",
    "_estimate",
    "_fault",
  ];

  /** Take what changed from the model. One message may carry several traits: they are drawn once, together. */
  function update(): void {
    const all = dirty.size === 0;
    const changed = (name: keyof State) => all || dirty.has(name);
    const newInput = changed("_input");
    if (newInput) {
      input = readInput(model.get("_input") ?? {});
      split.clear();
      owners.clear();
    }
    if (changed("_estimate")) estimate = readEstimate(model.get("_estimate") ?? {});
    if (changed("_outputs")) outputs = readOutputs(model.get("_outputs") ?? {});
    if (changed("selected")) selected = new Set(model.get("selected") ?? []);
    const asked = (["method", "target", "step", "text"] as const).some((name) => dirty.has(name));
    if (asked && model.get("live")) askedAfter = estimate?.run ?? null;
    else if (!model.get("busy") && dirty.has("busy")) askedAfter = null;
    if (newInput || changed("_estimate")) compose();
    dirty.clear();
    if (newInput) drawText();
    draw();
  }

  const listeners = WATCHED.map((name) => {
    const listen = () => {
      if (!dirty.size) queueMicrotask(() => dirty.size && !signal.aborted && update());
      dirty.add(name);
    };
    model.on(`change:${name}`, listen);
    return [name, listen] as const;
  });
  signal.addEventListener("abort", () => {
    for (const [name, listen] of listeners) model.off(`change:${name}`, listen);
    root.remove();
  });
  paper.addEventListener("dblclick", () => startEdit(), { signal });
  empty.addEventListener("click", () => startEdit(), { signal });
  root.addEventListener("keydown", (event) => event.key === "Escape" && tip.hide(), { signal });
  let frame = 0;
  const window = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => text.refresh());
  };
  sheet.addEventListener("scroll", window, { signal, passive: true });
  const size = new ResizeObserver(window);
  size.observe(sheet);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    size.disconnect();
  });
  update();
  return { update: draw };
}
