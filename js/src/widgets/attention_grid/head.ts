import { h, say } from "../../core/dom";
import { segments } from "../../core/segments";
import { onTheme } from "../../core/theme";
import type { Speech } from "../../core/words";
import { arcs, MOST_TOKENS } from "./arcs";
import type { Ask } from "./ask";
import { codesOf, peakOf, rescaled, type Scale } from "./codes";
import { commonScale, compare } from "./compare";
import { type HeadTool, headTools } from "./head_tools";
import { isWholeLens } from "./lens";
import { type Cell, canZoom, type MatrixFacts, matrix } from "./matrix";
import { openedHead, pairOf, runOf } from "./opened";
import { type Ramp, rampOf } from "./ramp";
import { scaleBar } from "./scale";
import { takeLine, takePicture } from "./take_away";
import { vectors } from "./vectors";
import type { Grid, Head, Input, Pin, Stack, State } from "./wire";

/** What the panel needs to know, whole, whenever something changes. */
export interface HeadFacts {
  input: Input;
  stack: Stack;
  grid: Grid | null;
  head: Head | null;
  pin: Pin | null;
  wanted: [number, number] | null;
  query: number | null;
  key: number | null;
  /** Tokens of either side that are pointed at, here or elsewhere, and that were searched. */
  hovered: Record<"queries" | "keys", ReadonlySet<number>>;
  found: Record<"queries" | "keys", ReadonlySet<number>>;
  stale: boolean;
  /** Whether there is a kernel to ask. */
  alive: boolean;
  /** The head's strongest pattern, in words; may be empty. */
  best: string;
  sourceTitle: string;
}

export interface HeadPanel {
  el: HTMLElement;
  update(facts: HeadFacts): void;
}

export interface HeadOptions {
  t: Speech;
  ask: Ask;
  write(state: Partial<State>): void;
  /** A person points at a token of this side, or no longer. */
  hover(axis: "queries" | "keys" | null, token: number | null): void;
  /** The values of the chosen query's or key's line, to colour a strip of the other side. */
  coloured(axis: "queries" | "keys", values: Float32Array | null): void;
  confirm(text: string): void;
  signal: AbortSignal;
}

type View = "matrix" | "arcs" | "vectors";
const ZOOMS: Partial<Record<HeadTool, number | null>> = {
  "zoom.in": 1.6,
  "zoom.out": 1 / 1.6,
  "zoom.all": null,
};
const NOTHING: ReadonlySet<number> = new Set();

/** The opened head: its map, its lines, its vectors; beside a pinned one, if there is one. */
export function headPanel({ t, ask, write, hover, coloured, confirm, signal }: HeadOptions): HeadPanel {
  let facts: HeadFacts | null = null;
  let view: View = "matrix";
  /** The cell that is pointed at in either map. */
  let at: Cell | null = null;
  let ramps: Record<"plain" | "signed", Ramp> | null = null;
  const told: Record<"queries" | "keys", Float32Array | null> = { queries: null, keys: null };

  const title = h("h3", "panel-title");
  const best = h("span", "caption");
  const use = (tool: HeadTool) => act(tool);
  const walk = headTools(["previous", "next", "pin"], { t, use, signal });
  const take = headTools(["copy", "svg", "png"], { t, use, signal });
  const zooms = headTools(["zoom.out", "zoom.in", "zoom.all"], { t, use, signal });
  const views = segments(
    t("grid.views"),
    { matrix: [t("grid.view.matrix")], arcs: [t("grid.view.arcs")], vectors: [t("grid.view.vectors")] },
    (name) => {
      view = name;
      if (facts) update(facts);
    },
    signal,
  );
  const news = h("p", { class: "xai-panel-news", role: "status", hidden: true });
  const scale = scaleBar(t);
  const caution = h("p", "caption caution", t("grid.caution"));

  const opened = openedHead({ t, ask, arrived: () => facts && update(facts), signal });
  const linked = {
    pick: (cell: Cell) => pick(...cell),
    hover: (cell: Cell | null) => visit(cell),
    signal,
    t,
  };
  const map = matrix({
    ...linked,
    worth: opened.worth,
    names: (cell) => (opened.queries && opened.keys ? pairOf(opened.queries, opened.keys, cell) : ""),
    look(lens) {
      beside.show(lens);
      opened.look(lens, map.extent());
      tools();
    },
  });
  const beside = compare({
    ...linked,
    unpin: () => write({ pinned: [] }),
    look(lens) {
      map.show(lens);
      opened.look(lens, map.extent());
      tools();
    },
  });
  const lines = arcs({
    ...{ t, hover, signal },
    pick: (axis, token) =>
      axis === "queries" ? choose(token, facts?.key ?? null) : choose(facts?.query ?? null, token),
  });
  const products = vectors({ t, ask, signal });
  const own = h("div", { class: "xai-panel-head", hidden: true }, h("span", "panel-title"));
  const maps = h("div", "maps", h("div", "map-own", own, map.el, scale.el), beside.el);
  const row = h("div", "panel-head", views.el, zooms.el);
  const head = h("div", "panel-head", title, walk.el);
  const line = h("div", "panel-head", best, take.el);
  const el = h("section", "panel", head, line, row, news, maps, lines.el, products.el, caution);

  onTheme(
    el,
    () => {
      ramps = null;
      if (facts) update(facts);
    },
    signal,
  );

  const choose = (query: number | null, key: number | null) => write({ query, key });
  /** A second click on the same cell lets go of it. */
  function pick(query: number, key: number): void {
    if (facts?.query === query && facts.key === key) choose(null, null);
    else choose(query, key);
  }
  function visit(cell: Cell | null): void {
    at = cell;
    opened.visit(cell);
    hover(cell && "keys", cell ? cell[1] : null);
    if (facts && compared()) update(facts);
  }

  function act(tool: HeadTool): void {
    if (!facts?.wanted) return;
    const { wanted, grid, stack } = facts;
    const heads = grid?.heads ?? stack.heads;
    const place = wanted[0] * heads + wanted[1];
    if (tool === "previous" || tool === "next") {
      const count = (grid?.layers ?? stack.layers) * heads;
      const other = (place + (tool === "next" ? 1 : count - 1)) % count;
      const [layer, head] = [Math.floor(other / heads), other % heads];
      // The frame answers a moment later; a click that comes sooner goes on from here.
      facts = { ...facts, wanted: [layer, head] };
      write({ layer, head });
    } else if (tool === "pin") write({ pinned: isPinned(facts) ? [] : [...wanted] });
    else if (tool === "copy") void takeLine(t, opened, facts).then(confirm);
    else if (tool in ZOOMS) map.zoom(ZOOMS[tool] as number | null);
    else void save(tool as "svg" | "png", facts);
  }

  async function save(kind: "svg" | "png", { sourceTitle, best: strongest }: HeadFacts): Promise<void> {
    const { head: shown } = opened;
    const now = shown && drawn(shown);
    if (!now) return;
    const file = `attention-L${shown.layer}-H${shown.head}`;
    const note = [sourceTitle, strongest].filter(Boolean).join(" · ");
    const title = titleOf(shown.layer, shown.head);
    confirm(await takePicture(kind, { ...now, t, root: el, lens: map.lens(), file, note, title }));
  }

  const titleOf = (layer: number, number: number) =>
    t(facts?.grid?.heads === 1 ? "grid.map" : "grid.head", { layer, head: number });
  const isPinned = ({ pin, wanted }: HeadFacts) =>
    pin !== null && pin.layer === wanted?.[0] && pin.head === wanted[1] && pin.input === facts?.input.id;

  /**
   * The scale of what is drawn: weights have one that all heads share, other numbers one of their own; with a pinned
   * head beside it, one that holds both.
   */
  function scaleOf(shown: Head): Scale {
    if (facts?.pin && compared()) return commonScale(shown, facts.pin);
    const { signed, largest, source } = shown;
    return { signed, largest: source === "weights" ? largest : peakOf(codesOf(shown, shown)) || largest };
  }
  const compared = () => Boolean(facts?.pin && opened.head && runOf(facts.pin) !== runOf(opened.head));

  function drawn(shown: Head): MatrixFacts | null {
    const { queries, keys } = opened;
    if (!facts || !queries || !keys) return null;
    const { query, key, hovered, found, input, stack, grid, stale } = facts;
    ramps ??= { plain: rampOf(el, false), signed: rampOf(el, true) };
    const { signed, largest } = scaleOf(shown);
    const fresh = shown.input === input.id && shown.stack === stack.name;
    const within = (chosen: number | null, count: number) =>
      chosen !== null && fresh && chosen < count ? chosen : null;
    return {
      title: `${titleOf(shown.layer, shown.head)} · ${t("grid.matrix.label")}`,
      maps: opened.maps.map((one) => rescaled(one, { signed, largest })),
      ramp: signed ? ramps.signed : ramps.plain,
      ...{ queries, keys },
      masked: grid && grid.input === shown.input ? grid.masked : [],
      query: within(query, queries.tokens.length),
      key: within(key, keys.tokens.length),
      rows: at ? new Set([at[0]]) : fresh ? hovered.queries : NOTHING,
      columns: at ? new Set([at[1]]) : fresh ? hovered.keys : NOTHING,
      foundRows: fresh ? found.queries : NOTHING,
      foundColumns: fresh ? found.keys : NOTHING,
      stale: stale || !isWanted(),
    };
  }
  function isWanted(): boolean {
    const [layer, number] = facts?.wanted ?? [];
    return opened.head?.layer === layer && opened.head?.head === number;
  }

  /** Tell the frame how the chosen query's or key's line colours the other side's tokens. */
  function colour(): void {
    if (!facts) return;
    const { query, key } = facts;
    const ours = opened.head?.input === facts.input.id && isWanted();
    const next = {
      keys: ours && query !== null ? opened.line("query", query) : null,
      queries: ours && key !== null ? opened.line("key", key) : null,
    };
    for (const axis of ["keys", "queries"] as const) {
      if (told[axis] === next[axis]) continue;
      told[axis] = next[axis];
      coloured(axis, next[axis]);
    }
  }

  function tools(): void {
    if (!facts) return;
    const { query, key, wanted } = facts;
    const extent = map.extent();
    const whole = isWholeLens(map.lens(), extent);
    const nothing = opened.head ? null : t("grid.waiting");
    walk.update("pin", { pressed: isPinned(facts), dead: facts.alive ? null : t("restarted") });
    for (const tool of ["previous", "next"] as const) walk.update(tool, { dead: wanted ? null : "" });
    take.update("copy", { dead: nothing ?? (query === null && key === null ? t("grid.copy.first") : null) });
    for (const tool of ["svg", "png"] as const)
      take.update(tool, { dead: nothing, hidden: maps.hidden && !nothing });
    zooms.el.hidden = maps.hidden || (whole && !canZoom(extent));
    row.hidden = views.el.hidden && zooms.el.hidden;
    zooms.update("zoom.out", { dead: whole ? t("grid.zoom.out") : null });
    zooms.update("zoom.all", { dead: whole ? t("grid.zoom.all") : null });
  }

  function update(next: HeadFacts): void {
    facts = next;
    const { wanted, stack, alive, stale, pin } = next;
    el.hidden = !wanted;
    if (!wanted) return;
    opened.take(next);
    const { head: shown, queries, keys } = opened;
    say(title, titleOf(...wanted));
    say(best, [next.sourceTitle, next.best].filter(Boolean).join(" · "));
    const here = shown !== null && isWanted();
    const dead = !here && !alive;
    say(news, dead ? t("grid.gone") : shown ? "" : t("grid.waiting"));
    news.hidden = !news.textContent;
    const texts = queries?.kind === "text" && keys?.kind === "text";
    const short = texts && Math.max(queries.tokens.length, keys.tokens.length) <= MOST_TOKENS;
    const possible: Record<View, boolean> = {
      matrix: true,
      arcs: short,
      // A map of a whole layer has no queries and keys of its own.
      vectors: stack.vectors && alive && (next.grid?.heads ?? stack.heads) === stack.heads,
    };
    const now = possible[view] ? view : "matrix";
    views.update(now, (name) => possible[name]);
    views.el.hidden = !possible.arcs && !possible.vectors;
    caution.hidden = shown?.source !== "weights" && next.grid?.source !== "weights";
    const facing = shown && drawn(shown);
    maps.hidden = now !== "matrix" || !facing;
    lines.el.hidden = now !== "arcs" || !facing;
    products.el.hidden = now !== "vectors" || !facing;
    el.classList.toggle("xai-stale", stale || !here);
    if (facing && shown) {
      const whole = codesOf(shown, shown);
      if (now === "matrix") {
        map.update(facing);
        scale.update(scaleOf(shown), facing.ramp);
        own.hidden = beside.el.hidden = !compared();
        say(own.firstElementChild as Element, titleOf(shown.layer, shown.head));
        maps.classList.toggle("xai-two", compared());
        if (pin && ramps && compared())
          beside.update({
            ...{
              pin,
              name: titleOf(pin.layer, pin.head),
              opened: shown,
              drawn: facing,
              scale: scaleOf(shown),
              signedRamp: ramps.signed,
            },
            lens: map.lens(),
          });
        opened.look(map.lens(), map.extent());
        map.refresh();
      } else if (now === "arcs") lines.update({ ...facing, map: whole });
      else
        products.update({
          ...{
            queries: facing.queries,
            keys: facing.keys,
            layer: shown.layer,
            head: shown.head,
            run: runOf(shown),
          },
          ...{ query: facing.query, key: facing.key },
          ramp: facing.ramp,
          weights: facing.query === null ? null : opened.line("query", facing.query),
        });
    }
    colour();
    tools();
  }
  return { el, update };
}
