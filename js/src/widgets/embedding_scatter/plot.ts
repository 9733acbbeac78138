import { h, on } from "../../core/dom";
import { type Camera, fit as filling, halfway, panned, place, resized, whole, zoomed } from "./camera";
import { holding, home as homeOf } from "./framing";
import { gestures, type How, type Tool } from "./gestures";
import { glide } from "./glide";
import { looking } from "./looking";
import { painter } from "./painter";
import { between, type Look, type Points } from "./points";
import { onwards } from "./walk";

export interface Plot {
  el: HTMLElement;
  /** The points of a run; other runs of the same points are gone to, other points are just there. */
  show(
    points: Points,
    look: Look,
    facts: { data: number; run: number; moving: boolean; home: boolean; ways: Points | null },
  ): void;
  /** Draw what lies over the cloud anew. */
  refresh(): void;
  camera(): Camera;
  zoom(factor: number): void;
  /** All points, or these. */
  frame(which?: Uint32Array): void;
  use(tool: Tool): void;
  /** The point that is looked at by keyboard or pointer, or −1. */
  looked(): number;
  /** Bring a point into view. */
  reveal(point: number): void;
  picture(dense: number): HTMLCanvasElement;
}

export interface PlotOptions {
  label: string;
  over(pen: CanvasRenderingContext2D, at: (i: number) => [number, number], camera: Camera): void;
  /** What is said of a point that is looked at. */
  said(point: number): string;
  /** A point is looked at, −1 none; the element stands where it is. */
  look(point: number, at: HTMLElement): void;
  choose(point: number): void;
  toggle(point: number): void;
  select(points: Uint32Array, how: How): void;
  lasso(polygon: number[] | null): void;
  leave(): boolean;
  /** The camera has come to rest. */
  rested(): void;
  /** Where looking begins: the chosen point, or −1. */
  start(): number;
  signal: AbortSignal;
}

/** CSS pixels around a pointer in which a point is meant. */
const REACH = 10;
/** Milliseconds from one picture to the next. */
const GLIDE = 400;
const REST = 160;
/** The room changes at once by more than this where something opens beside the cloud, CSS pixels. */
const LEAP = 100;
/** The cloud on the page, and how a hand moves through it. */
export function plot(options: PlotOptions): Plot {
  const { label, said, look, choose, toggle, select, lasso, leave, rested, signal } = options;
  const paints = painter({ over });
  const seen = looking({
    ...{ el: () => el, at, camera: () => camera, said, look, changed: paints.refresh },
    chosen: options.start,
  });
  const el = h(
    "div",
    {
      ...{ class: "xai-cloud", tabindex: 0, role: "listbox", "aria-label": label },
      "data-tool": "move",
    },
    paints.el,
    ...seen.stops,
  );
  let camera = whole(0, 0);
  let shown: {
    points: Points;
    look: Look;
    data: number;
    run: number;
    dims: 2 | 3;
    ways: Points | null;
  } | null = null;
  /** Where points are on the way. */
  let now: Points | null = null;
  let tool: Tool = "move";
  /** A hand has moved the cloud: it stays where it was put. */
  let held = false;
  /** It is being brought back, and follows the points again. */
  let homing = false;
  const way = glide(signal);
  let rest: ReturnType<typeof setTimeout> | undefined;

  function at(point: number): [number, number] {
    if (!now || point < 0 || point >= now.count) return [-1e4, -1e4];
    return place(camera, now.x[point] as number, now.y[point] as number, now.z?.[point]);
  }

  function over(pen: CanvasRenderingContext2D, where: (i: number) => [number, number], from: Camera): void {
    options.over(pen, where, from);
    const one = seen.point();
    if (one >= 0) seen.stand(...where(one));
  }

  function paint(moving: boolean): void {
    if (!shown || !now || !camera.width) return;
    paints.paint(now, shown.look, camera, moving);
    clearTimeout(rest);
    rest = setTimeout(rested, moving ? REST : 0);
  }

  const home = (room: { width: number; height: number } = camera) =>
    homeOf(shown?.points ?? null, shown?.ways ?? null, room);

  /** Move there from where everything is now. */
  function go(to: { points?: Points; camera: Camera }): void {
    const [from, start] = [now, camera];
    seen.hover(-1);
    const points = to.points ?? shown?.points ?? null;
    const finish = () => {
      now = points;
      camera = { ...to.camera, width: camera.width, height: camera.height };
      paint(false);
      seen.follow();
    };
    way.stop();
    if (!from || !points || from.count !== points.count || !from.count || !camera.width) {
      finish();
      return;
    }
    // A cloud that gets or loses its depth is seen from the front where it is flat.
    const dims = start.dims === 3 || to.camera.dims === 3 ? (3 as const) : (2 as const);
    const front = points.dims === 2 && start.dims === 3 ? { yaw: 0, pitch: 0 } : {};
    const last = { ...to.camera, dims, ...front };
    way.start(GLIDE, (part) => {
      if (part >= 1) {
        finish();
        return;
      }
      const { width, height } = camera;
      now = from === points ? points : between(from, points, part);
      camera = { ...halfway({ ...start, dims }, last, part), width, height };
      paint(true);
      seen.follow();
    });
  }

  function move(next: Camera, moving: boolean): void {
    way.stop();
    if (shown) now = shown.points;
    held = true;
    camera = next;
    paint(moving);
    seen.follow();
  }

  function walk(to: number): void {
    if (to >= 0) reveal(to);
    seen.walk(to);
  }

  function reveal(point: number): void {
    const next = holding(camera, now, point);
    if (next === camera) return;
    held = true;
    go({ camera: next });
  }

  /** The point to begin with: the chosen one, else the one in the middle. */
  function first(): number {
    const start = options.start();
    if (start >= 0) return start;
    return paints.around(camera.width / 2, camera.height / 2, Infinity, 1)[0] ?? -1;
  }

  gestures({
    el,
    camera: () => camera,
    home: () => {
      homing = true;
      return home();
    },
    tool: () => tool,
    move(next, moving) {
      move(next, moving);
      if (homing) held = homing = false;
      seen.hover(-1);
    },
    lasso(polygon, done, how) {
      lasso(done ? null : polygon);
      if (done && polygon) select(paints.within(polygon), how);
      paints.refresh();
    },
    hover(where) {
      seen.hover(where ? paints.pick(...where, REACH) : -1);
    },
    click(x, y, event) {
      const one = paints.pick(x, y, REACH);
      seen.leave();
      if (event.ctrlKey || event.metaKey) {
        if (one >= 0) toggle(one);
      } else choose(one);
    },
    enter() {
      if (seen.walked() < 0) walk(first());
      else choose(seen.walked());
    },
    toggle() {
      if (seen.walked() >= 0) toggle(seen.walked());
    },
    walked: () => (seen.walked() >= 0 ? at(seen.walked()) : null),
    walk(way) {
      const one = seen.point();
      const next = one < 0 ? first() : onwards(paints.around, at(one), way, at, shown?.points.count ?? 0);
      walk(next < 0 ? one : next);
    },
    leave() {
      if (seen.walked() < 0) return leave();
      walk(-1);
      return true;
    },
    signal,
  });
  on(
    el,
    "focus",
    () => el.matches(":focus-visible") && seen.walked() < 0 && shown?.points.count && walk(first()),
    signal,
  );
  on(el, "blur", () => seen.walked() >= 0 && walk(-1), signal);

  function measure(): void {
    const [width, height] = [el.clientWidth, el.clientHeight];
    if (!width || !height || (width === camera.width && height === camera.height)) return;
    Object.assign(paints.el.style, { width: `${width}px`, height: `${height}px` });
    const before = camera;
    const after = resized(camera, width, height);
    const wanted = held ? holding(after, now, options.start()) : home(after);
    // A list that opens beside the cloud makes room for itself: what was seen glides there from where it was.
    if (before.width && Math.abs(before.width - width) > LEAP && before.height === height) {
      camera = panned(after, (before.width - width) / 2, 0);
      paint(true);
      go({ camera: wanted });
      return;
    }
    camera = wanted;
    paint(false);
    seen.follow();
  }
  const sized = new ResizeObserver(measure);
  sized.observe(el);
  signal.addEventListener("abort", () => {
    sized.disconnect();
    clearTimeout(rest);
    paints.dispose();
  });

  return {
    el,
    show(points, look, facts) {
      const before = shown;
      shown = { points, look, data: facts.data, run: facts.run, dims: points.dims, ways: facts.ways };
      if (before?.points === points) {
        if (before.ways !== facts.ways && !held) go({ camera: home() });
        else if (before.look !== look) paint(facts.moving);
        return;
      }
      const other = before?.data !== facts.data;
      if (other || facts.home || before?.dims !== points.dims) held = false;
      if (other) seen.forget();
      if (!camera.width) measure();
      const next = held ? camera : home();
      if (!other && before?.run !== facts.run) go({ points, camera: next });
      else {
        way.stop();
        now = points;
        camera = next;
        paint(facts.moving);
      }
    },
    refresh: paints.refresh,
    camera: () => camera,
    zoom(factor) {
      held = true;
      go({ camera: zoomed(camera, factor) });
    },
    frame(which) {
      held = which !== undefined;
      go({ camera: which && now ? filling(now, camera, which) : home() });
    },
    use(next) {
      tool = next;
      el.dataset.tool = next;
    },
    looked: seen.point,
    reveal,
    picture: paints.picture,
  };
}
