import { badge } from "../../core/badge";
import { alarm, h, on, show } from "../../core/dom";
import { ownKeys } from "../../core/own_keys";
import { remembered } from "../../core/remembered";
import { scores } from "../../core/scores";
import type { Showing } from "../../core/shown";
import { statusBar } from "../../core/status";
import { type Outputs, type Targets, targetsOf } from "../../core/targets";
import { onTheme, themeOf } from "../../core/theme";
import { watch } from "../../core/watch";
import { agreement } from "./agreement";
import { asked } from "./asked";
import { home } from "./camera";
import { claim } from "./claim";
import { film } from "./film";
import { known } from "./known";
import { layers } from "./layers";
import { links } from "./links";
import { look } from "./look";
import { models } from "./models";
import { type PanelFacts, type PanelId, panels } from "./panels";
import type { Camera, Look, Place, Scene } from "./parts";
import { readout } from "./readout";
import { scale } from "./scale";
import { takePicture } from "./take_away";
import { told } from "./told";
import { type Tool, tools } from "./tools";
import { type Frame, type FrameFacts, filled, type Model, type Panel, type State } from "./wire";

const WATCHED = [
  ...(["panels", "current", "selected", "view", "colormap", "opacity", "threshold", "sign"] as const),
  ...(["smoothing", "live", "busy", "_picture", "_regions", "_models", "_estimates", "_now"] as const),
  ...(["_frames", "_film", "_game", "_fault"] as const),
];

/** Milliseconds until the kernel hears of what is dragged. */
const REST = 200;

/** One view of a SaliencyOverlay: it draws what the model says, and writes what a hand did. */
export function view({ model, el, life, t, signal }: Showing<Model>): { update(): void } {
  const state = known({ model, changed: arrived, signal });
  const words = told(t, state);
  const ask = asked(life, state);
  const camera: Camera = { x: 0, y: 0, zoom: 1 };
  let active = state.panels()[0]?.id ?? 0;
  let place: Place | null = null;
  let pictured: number | null = null;
  const open: Partial<Record<Tool, boolean>> = { look: true, help: false };

  const root = h("div", { class: "xai xai-saliency", "data-lm-suppress-shortcuts": "true" });
  const linked = links({ model, life, state, marked: draw, signal });
  const current = (): Panel | undefined => {
    const all = state.panels();
    return all.find(({ id }) => id === active) ?? all[0];
  };
  const change = (changes: Partial<Panel>) => {
    const panel = current();
    if (panel) ask.change(panel.id, changes);
  };
  const bar = statusBar({
    t,
    pick(method) {
      const panel = current();
      const looks = panel && state.modelOf(panel)?.layered.includes(method);
      // A layer that cannot be seen would say something else by another method.
      change({ method, layer: looks ? panel.layer : null });
    },
    stop: () => life.send({ kind: "stop" }),
    resume: () => life.send({ kind: "resume" }),
    signal,
  });
  const verdict = badge(t, signal);
  bar.slot.append(verdict.el);
  const layer = layers(t, (name) => change({ layer: name }), signal);
  const which = models(t, change, signal);
  bar.slot.parentElement?.before(which.el, layer.el);
  const buttons = tools(t, bar.tools, use, signal);
  const grid = panels({
    ...{ t, camera, signal },
    events: {
      mode: () => test.mode(),
      brush: () => test.brush(),
      at: pointed,
      choose(at) {
        if (!test.choose(at) && at.region !== null) linked.toggle(at.region);
      },
      stroke: (places, done) => test.stroke(places, done),
      moved: () => grid.moved(),
    },
    activate,
    close,
    again: (id) => id !== "parted" && ask.again(id),
    add,
  });
  const answers = scores({ t, aim: (target) => change({ target }), signal });
  const shared = agreement(t, draw, signal);
  const line = readout(t, root, bar.tools, signal);
  const key = scale(t);
  let rest: ReturnType<typeof setTimeout> | undefined;
  const settings = look({
    t,
    now(changes) {
      for (const [name, value] of Object.entries(changes)) model.set(name as keyof State, value as never);
      clearTimeout(rest);
      rest = setTimeout(() => life.write({}), REST);
    },
    write(changes) {
      clearTimeout(rest);
      life.write(changes);
    },
    signal,
  });
  const test = claim({ ...{ t, model, life, state, signal }, changed: draw });
  const strip = film({ t, go: (index) => life.write({ current: index }), signal });
  const fault = alarm();
  const dead = alarm();
  const help = h("div", { class: "xai-help", role: "note" }, t("saliency.help"));
  const notes = h("div", "notes");
  const main = h("div", "main", grid.el, line.el, shared.el, test.el, key.el, settings.el, notes);
  const side = h("div", "side", answers.el);
  root.append(bar.el, verdict.why, help, fault, dead, strip.el, h("div", "body", main, side));
  el.append(root);
  let theme = themeOf(root);

  const lookOf = remembered(
    (view: Look["view"], colormap: string, opacity: number, threshold: number, sign: string): Look => ({
      ...{ view, colormap, opacity, threshold },
      sign: sign as Look["sign"],
    }),
  );

  function activate(id: PanelId): void {
    if (id === active || id === "parted") return;
    active = id;
    draw();
  }

  function add(): void {
    const panel = current();
    if (panel) activate(ask.add(panel));
  }

  function close(id: PanelId): void {
    if (id === "parted") shared.hide();
    else ask.close(id);
    // What had focus is gone.
    (root.querySelector(".xai-panel .xai-stage") as HTMLElement | null)?.focus();
  }

  function pointed(next: Place | null): void {
    place = next;
    grid.point(next);
    linked.hover(next?.region != null ? [next.region] : []);
    draw();
  }

  /** Another picture is shown. */
  function arrived(): void {
    const { picture } = state;
    if (picture && picture.id !== pictured) {
      pictured = picture.id;
      place = null;
      Object.assign(camera, home(picture));
    }
    draw();
  }

  function use(tool: Tool): void {
    if (tool === "home") {
      if (state.picture) Object.assign(camera, home(state.picture));
      grid.moved();
      return;
    }
    if (tool === "png") void take();
    else open[tool] = !open[tool];
    draw();
  }

  async function take(): Promise<void> {
    const scenes = facts().map(({ scene, title }) => ({ scene, title }));
    bar.confirm(await takePicture(t, scenes, key.words(), theme));
  }

  /** The region that is pointed at, here or in a linked widget. */
  const region = () => place?.region ?? linked.hovered()[0] ?? null;

  /** What a panel says there, or that it is on its way. */
  function figure(panel: Panel): string {
    const { shown, fault } = state.answer(panel);
    const waiting = !shown && !fault && model.get("busy");
    return waiting ? t("computing") : words.value(shown, region());
  }

  /** What each panel shows. */
  function facts(): PanelFacts[] {
    const all = state.panels();
    const { picture, bitmap, regions } = state;
    const scene: Scene = {
      ...{ picture, bitmap, regions, heat: null, seen: null, cover: null },
      look: lookOf(
        ...([model.get("view"), model.get("colormap"), model.get("opacity")] as const),
        ...([model.get("threshold"), model.get("sign")] as const),
      ),
      hovered: linked.hovered(),
      selected: model.get("selected"),
    };
    const several = all.length > 1;
    const can = model.get("live") && life.alive();
    const found = all.map((panel) => {
      const { shown, stale, fault, trust } = state.answer(panel);
      const tested = panel.id === current()?.id;
      const title = [words.title(panel), tested ? test.title() : ""].filter(Boolean).join(" · ");
      const own: Scene = { ...scene, heat: shown?.heat ?? null };
      return {
        ...{ id: panel.id, title, fault, stale },
        scene: tested ? test.scene(own) : own,
        label: [picture?.name, title, stale ? "" : words.summary(shown)].filter(Boolean).join(". "),
        figure: several ? figure(panel) : null,
        trust: several ? trust : null,
        closes: several && can ? t("saliency.close") : null,
      };
    });
    shared.update({
      all: all.map((panel) => state.answer(panel).shown),
      names: words.short(all),
      ...{ regions, picture, smoothing: model.get("smoothing") },
    });
    const parted = shared.panel(scene, region());
    return parted ? [...found, parted] : found;
  }

  function draw(): void {
    const panel = current();
    if (!panel) return;
    const [live, alive, exported] = [model.get("live"), life.alive(), state.exported()];
    const why = alive ? null : t("restarted");
    const model_ = state.modelOf(panel);
    const { shown, stale, trust } = state.answer(panel);
    const estimate = stale ? null : shown?.estimate;
    const several = state.panels().length > 1;
    bar.update({
      ...{ live, alive, methods: model_?.methods ?? [], method: panel.method },
      progress: state.progress(panel),
      check: trust && (trust.kind === "checking" ? "running" : "done"),
    });
    root.classList.toggle("xai-bare", !panel.method);
    verdict.update(trust);
    const can = live && !exported;
    which.update({ models: state.models(), panel, live: can, why });
    layer.update({
      ...{ model: model_, method: panel.method, layer: panel.layer },
      ...{ used: estimate?.layer ?? null, live: can, why },
    });
    const outputs = filled<Outputs>(model_?.outputs);
    const targets: Targets = outputs ? targetsOf(panel.target, outputs, estimate?.targets ?? []) : [];
    answers.update({ outputs, targets, live, alive });
    const present = outputs?.input === state.picture?.id;
    test.update({
      ...{ panel, targets, why },
      ...{ shown: stale ? null : shown, outputs: present ? outputs : null },
    });
    const all = facts();
    const adds = can ? t("saliency.add") : null;
    grid.update(all, { active: panel.id, add: adds, why });
    const here = place ? words.place(place) : "";
    if (several) {
      const said = all.map(({ title, figure }) => figure && `${title}: ${figure}`);
      line.show(here, said.filter(Boolean) as string[]);
    } else line.show([figure(panel), here].filter(Boolean).join(" · "), []);
    answers.el.classList.toggle("xai-old", !present);
    key.update(
      test.title() ? null : shown,
      all[0]?.scene.look as Look,
      theme,
      several ? words.title(panel) : "",
    );
    settings.el.hidden = !open.look;
    settings.update(
      {
        ...{ view: model.get("view"), colormap: model.get("colormap"), sign: model.get("sign") },
        ...{ opacity: model.get("opacity"), threshold: model.get("threshold") },
        smoothing: model.get("smoothing"),
      },
      all.some(({ scene }) => scene.heat?.signed),
    );
    help.hidden = !open.help;
    buttons.update(open);
    strip.update({
      frames: exported ? [] : (model.get("_frames") as Frame[]),
      film: model.get("_film") as FrameFacts[],
      ...{ current: model.get("current"), why },
    });
    show(fault, model.get("_fault")?.message ?? "");
    show(dead, can ? (why ?? "") : "");
    show(notes, [...(state.picture?.notes ?? []), ...(estimate?.notes ?? [])].join(" "));
  }

  /** Take what changed. One message may carry several traits: they are drawn once, together. */
  function update(changed: ReadonlySet<keyof State>): void {
    state.take(changed);
    if (changed.has("_regions")) linked.renamed();
    draw();
  }

  watch({ model, names: WATCHED, changed: update, signal });
  on(root, "keydown", ({ key: pressed }) => pressed === "Escape" && linked.clear(), signal);
  ownKeys(root, signal);
  onTheme(
    root,
    () => {
      theme = themeOf(root);
      draw();
    },
    signal,
  );
  signal.addEventListener("abort", () => {
    clearTimeout(rest);
    root.remove();
  });
  update(new Set(WATCHED));
  return { update: draw };
}
