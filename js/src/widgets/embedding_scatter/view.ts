import { asking } from "../../core/ask";
import { h, on, say } from "../../core/dom";
import { ownKeys } from "../../core/own_keys";
import type { Showing } from "../../core/shown";
import { statusBar } from "../../core/status";
import { onTheme } from "../../core/theme";
import { tooltip } from "../../core/tooltip";
import { watch } from "../../core/watch";
import { badge } from "./badge";
import { chosen } from "./chosen";
import { drop } from "./drop";
import type { Tool } from "./gestures";
import { glide } from "./glide";
import { halo, haloWords } from "./halo";
import { head, progressWords } from "./head";
import { cloudTheme } from "./inks";
import { known } from "./known";
import { layers } from "./layers";
import { legend } from "./legend";
import { links } from "./links";
import { draw as drawMarks, type Inks, type Mark, type Place } from "./marks";
import { names } from "./names";
import { over } from "./over";
import { css } from "./palette";
import { pictures as picturesOf } from "./pictures";
import { plot } from "./plot";
import { pointsOf } from "./points";
import { search } from "./search";
import { selection } from "./selection";
import { combined, toggled, wired } from "./sets";
import type { SnapshotFacts } from "./snapshot";
import { takeAway } from "./take_away";
import { type Reply, texts as textsOf } from "./texts";
import { told } from "./told";
import { tools } from "./tools";
import { type Model, type Question, type State, titleIn } from "./wire";

const WATCHED = [
  ...(["projection", "dims", "perplexity", "learning_rate", "color_by", "halo"] as const),
  ...(["point", "selected", "_halo"] as const),
  ...(["hidden", "search", "layer", "drop", "live", "busy", "_projections", "_colorings"] as const),
  ...(["_cloud", "_colours", "_fault"] as const),
  ...(["_score", "_near", "_dropped", "_trails", "_layers", "_texts", "_pictures", "_drops"] as const),
];

/** Milliseconds in which what was dropped in comes down. */
const LANDING = 600;

/** One view of an EmbeddingScatter: it draws what the model says, and writes what a hand did. */
export function view({ model, el, life, t, signal }: Showing<Model>): { update(): void } {
  const state = known(model);
  const write = (changes: Partial<State>) => life.write(changes);
  /** Why nobody can be asked now, or null. */
  const why = () => (state.exported() ? t("scatter.locked") : life.alive() ? null : t("restarted"));
  let tool: Tool = "move";
  let lasso: number[] | null = null;
  /** A point of a list that is pointed at. */
  let listed: number | null = null;
  let landed = 1;
  const landing = glide(signal);
  let drawn: { method: string; data: number } | null = null;

  const root = h("div", { class: "xai xai-scatter", "data-lm-suppress-shortcuts": "true" });
  let colour = cloudTheme(root);
  const questions = asking<Question, Reply>({
    ...{ model, life, why, signal },
    newest: ["search", "picture"],
  });
  const can = () => why() === null;
  const texts = textsOf({ model, state, questions, can, heard });
  const pictures = picturesOf({ t, model, state, questions, can, heard });
  const words = told({ t, model, state, texts, pictures });
  const tip = tooltip(root);
  const linked = links({ model, state, texts, select: setSelected, marked: () => cloud.refresh(), signal });
  const bar = statusBar({
    t,
    caption: "scatter.projection",
    pick: (projection) => write({ projection }),
    stop: () => life.send({ kind: "stop" }),
    resume: () => life.send({ kind: "resume" }),
    signal,
  });
  const settings = head({
    ...{ t, write, signal },
    // What was hidden are categories of the colouring before.
    recolour: (name) =>
      write(model.get("hidden").length ? { color_by: name, hidden: [] } : { color_by: name }),
  });
  bar.slot.parentElement?.before(settings.settings);
  const taking = takeAway({
    ...{ t, facts: snapshotFacts, signal },
    table: () => words.table(state.selected().length ? state.selected() : all()),
    confirm: (told) => bar.confirm(told),
  });
  bar.tools.append(...taking.faces);
  const called = names({ state, texts, font: () => colour.inks.font });
  const cloud = plot({
    label: t("scatter.label"),
    over: (pen, at, camera) => drawMarks(pen, marks(at), inks(camera.zoom)),
    said: words.said,
    look,
    choose: (point) => write({ point: point < 0 || point === model.get("point") ? null : point }),
    toggle: (point) => select(toggled(state.selected(), point)),
    select: (points, how) => select(combined(state.selected(), points, how)),
    lasso(polygon) {
      lasso = polygon;
      cloud.refresh();
    },
    leave,
    rested,
    start: () => model.get("point") ?? -1,
    signal,
  });
  const verdict = badge(t, signal);
  const buttons = tools({
    t,
    use(next) {
      tool = next;
      cloud.use(next);
      draw();
    },
    zoom(kind) {
      if (kind === "all") cloud.frame();
      else cloud.zoom(kind === "in" ? 1.6 : 1 / 1.6);
    },
    ring: () => write({ halo: !model.get("halo") }),
    signal,
  });
  const empty = h("div", { class: "xai-nothing", hidden: true });
  const frame = h("div", "plot", cloud.el, empty, settings.curve, verdict.el, buttons.el);
  const go = (point: number) => write({ point });
  const point = (one: number | null) => {
    if (one === listed) return;
    listed = one;
    linked.hover(one ?? -1);
    cloud.refresh();
  };
  const side = chosen({
    ...{ t, state, texts, pictures, words, go, point, signal },
    close: (what) => write(what === "point" ? { point: null } : { drop: "" }),
  });
  const keys = legend({ t, state, hide: (hidden) => write({ hidden }), signal });
  const finder = search({
    ...{ t, state, texts, questions, signal },
    can,
    write: (text) => write({ search: text }),
    changed: draw,
    go: cloud.frame,
    select,
  });
  const dropper = drop({ t, write: (text) => write({ drop: text }), signal });
  const slider = layers({ t, go: (layer) => write({ layer }), signal });
  const held = selection({
    ...{ t, texts, words, go, point, signal },
    clear: () => select(new Uint32Array(0)),
    copy: taking.copy,
  });
  const fault = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const dead = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const notes = h("div", "notes");
  const ringKey = halo(t);
  const rows = h("div", "seek", settings.tsne, finder.el, dropper.el, slider.el, bar.tools);
  const body = h("div", "body", frame, side.el);
  root.append(bar.el, fault, dead, rows, body, keys.el, ringKey, held.el, notes, tip.el);
  el.append(root);

  const lookOf = () =>
    state.look(
      { selected: state.selected(), found: finder.found(), hidden: model.get("hidden") },
      colour,
      cloud.camera().zoom,
    );
  const inks = (zoom: number): Inks => ({ ...colour.inks, size: state.sizeAt(zoom) });

  function marks(at: (point: number) => Place): Mark[] {
    const pointed = [cloud.looked(), listed ?? -1, ...linked.pointed()];
    const [one, layer, found] = [model.get("point"), model.get("layer"), finder.found()];
    const { colour: slots, palette } = lookOf();
    const colourOf = (point: number) => css(palette[slots[point] ?? 0] ?? 0);
    const facts = { state, names: called, point: one, pointed, found, lasso, landed, layer, colourOf };
    return over(facts, at, cloud.camera());
  }

  function look(one: number, at: HTMLElement): void {
    linked.hover(one);
    if (one < 0) {
      tip.hide();
      return;
    }
    texts.want([one]);
    pictures.want(one);
    tip.show(words.tip(one), at);
    looking = at;
  }
  let looking: HTMLElement | null = null;

  /** Texts or pictures have come. */
  function heard(): void {
    const one = cloud.looked();
    if (one >= 0 && looking) tip.show(words.tip(one), looking);
    draw();
    rested();
  }

  function rested(): void {
    const { points } = state;
    if (!points) return;
    called.choose(points, cloud.camera(), { faded: lookOf().faded, hidden: model.get("hidden") });
    cloud.refresh();
  }

  function setSelected(points: Uint32Array): void {
    write({ selected: wired(points) });
  }
  function select(points: Uint32Array): void {
    setSelected(points);
    linked.select(points);
  }

  /** Escape: first what is over the cloud, then the selection. */
  function leave(): boolean {
    if (model.get("point") !== null) write({ point: null });
    else if (state.selected().length) select(new Uint32Array(0));
    else return false;
    return true;
  }

  const all = () => Uint32Array.from({ length: state.points?.count ?? 0 }, (_, i) => i);
  const coloring = () => titleIn(t.language, model.get("_colorings"), state.colours()?.name ?? "");

  function snapshotFacts(): SnapshotFacts {
    const camera = cloud.camera();
    return {
      ...{ state, camera, points: state.points, look: lookOf(), inks: inks(camera.zoom) },
      ...{ dark: colour.dark, marks, picture: cloud.picture, coloring: coloring() },
      title: titleIn(t.language, model.get("_projections"), state.cloud?.method ?? ""),
      note: [progressWords(t, state.cloud), verdict.words(), ringKey.hidden ? "" : haloWords(t)]
        .filter(Boolean)
        .join(" · "),
    };
  }

  function show(element: HTMLElement, sentence: string): void {
    say(element, sentence);
    element.hidden = !sentence;
  }

  function land(): void {
    landing.start(LANDING, (part) => {
      landed = part;
      cloud.refresh();
    });
  }

  function draw(): void {
    const { points, cloud: facts } = state;
    const reason = why();
    const [projection, busy] = [model.get("projection"), model.get("busy")];
    const exported = state.exported();
    bar.update({
      ...{ live: !exported, alive: life.alive(), method: projection, check: null },
      methods: model.get("_projections"),
      progress: state.progress(progressWords(t, facts)),
    });
    settings.update({
      ...{ can: reason === null, exported, why: reason, projection, cloud: facts },
      ...{ dims: model.get("dims"), perplexity: model.get("perplexity") },
      rate: model.get("learning_rate"),
      ...{ colorings: model.get("_colorings"), coloring: model.get("color_by") },
    });
    show(fault, model.get("_fault")?.message ?? "");
    show(dead, life.alive() || exported ? "" : t("restarted"));
    finder.update(model.get("search"));
    const dropped = model.get("drop");
    const waiting = Boolean(dropped) && busy && state.dropped()?.text !== dropped;
    dropper.update({ drops: exported ? "" : model.get("_drops"), drop: dropped, why: reason, waiting });
    slider.update({ layers: model.get("_layers"), layer: model.get("layer"), why: reason, exported });
    if (points && facts) {
      cloud.show(points, lookOf(), {
        ...{ data: facts.data, run: facts.run, moving: !facts.complete && busy },
        home: drawn?.method !== facts.method,
        ways: state.trails()?.places ?? null,
      });
      drawn = { method: facts.method, data: facts.data };
    } else if (drawn) {
      // Other points are on their way.
      const nowhere = { data: 0, run: 0, moving: false, home: true, ways: null };
      cloud.show(pointsOf(new Float32Array(0), 2), lookOf(), nowhere);
      drawn = null;
    }
    cloud.refresh();
    show(empty, points?.count ? "" : points ? t("scatter.none") : busy ? t("computing") : "");
    verdict.update(state.score(), busy && facts?.complete === true && Boolean(points?.count));
    buttons.el.hidden = !points?.count;
    buttons.update({ tool, ringed: state.ringed() ? model.get("halo") : null, deep: points?.dims === 3 });
    ringKey.hidden = !(model.get("halo") && points?.count);
    side.update({ point: model.get("point"), why: reason });
    root.classList.toggle("xai-split", !side.el.hidden);
    keys.update({ dark: colour.dark, hidden: model.get("hidden"), title: coloring() });
    held.update(state.selected(), points?.count ?? 0);
    show(notes, [...(facts?.notes ?? []), pictures.note()].filter(Boolean).join(" "));
  }

  /** Take what changed. One message may carry several traits: they are drawn once, together. */
  function update(changed: ReadonlySet<keyof State>): void {
    const before = state.dropped()?.text;
    state.take(changed);
    if (changed.has("_cloud") || changed.has("_texts")) linked.renamed();
    draw();
    if (changed.has("_dropped") && state.dropped() && state.dropped()?.text !== before) land();
    const point = model.get("point");
    if (changed.has("point") && point !== null) cloud.reveal(point);
    if (changed.has("_colours") || changed.has("hidden") || changed.has("selected")) rested();
  }

  watch({ model, names: WATCHED, changed: update, signal });
  on(root, "keydown", (event) => event.key === "Escape" && tip.hide(), signal);
  ownKeys(root, signal);
  onTheme(
    root,
    () => {
      colour = cloudTheme(root);
      draw();
    },
    signal,
  );
  signal.addEventListener("abort", () => root.remove());
  colour = cloudTheme(root);
  update(new Set(WATCHED));
  return {
    update() {
      questions.update();
      draw();
    },
  };
}
