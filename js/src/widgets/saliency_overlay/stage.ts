import { h, on } from "../../core/dom";
import { onTheme, type Theme, themeOf } from "../../core/theme";
import type { Speech } from "../../core/words";
import { home, lieOf, panned, zoomed } from "./camera";
import { middleOf, placeAt, stepped } from "./crossing";
import { paintMarks } from "./marks";
import { paintScene, type Room } from "./paint";
import type { Camera, Place, Scene, Stage, StageEvents } from "./parts";
import { pointer } from "./pointer";

export interface StageOptions {
  t: Speech;
  signal: AbortSignal;
  /** Shared by all stages. */
  camera: Camera;
  events: StageEvents;
  label: string;
}

/** Milliseconds without a movement until it is painted in full. */
const REST = 140;
/** Keys zoom by so much, and with Shift move by so many CSS pixels. */
const FACTOR = 1.5;
const STEP = 48;
/** Where no brush says how wide it is, a share of the box. */
const BRUSH = 0.1;
/** A stage is at most so wide or so high, as a multiple of its other side. */
const [NARROW, WIDE] = [0.6, 2.4];
const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A canvas with the picture and what a panel says of it, above it one with what a hand has marked. */
export function stage({ signal, camera, events, label }: StageOptions): Stage {
  const below = h("canvas", { "aria-hidden": "true" });
  const above = h("canvas", { "aria-hidden": "true" });
  const el = h(
    "div",
    { class: "xai-stage", tabindex: 0, role: "application", "aria-label": label },
    below,
    above,
  );
  let scene: Scene | null = null;
  let theme: Theme | null = null;
  /** The camera that was painted last. */
  let painted = { ...camera };
  let size = { width: 0, height: 0 };
  /** The cross of all stages, the keyboard's own place, and where a pointer is here. */
  let [cross, walked, pointed]: [Place | null, Place | null, Place | null] = [null, null, null];
  let [stale, moving] = [false, false];
  let frame = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;

  const picture = () => scene?.picture ?? null;
  const paints = () => events.mode() === "paint" || events.mode() === "erase";

  function roomOf(dense: number): Room | null {
    const shown = picture();
    if (!shown || !size.width || !size.height) return null;
    theme ??= themeOf(el);
    return { ...size, ...lieOf(camera, shown, size), dense, theme, moving };
  }

  function penOf(canvas: HTMLCanvasElement, dense: number): CanvasRenderingContext2D | null {
    const [width, height] = [Math.round(size.width * dense), Math.round(size.height * dense)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    return canvas.getContext("2d");
  }

  function paint(): void {
    frame = 0;
    if (signal.aborted || !scene) return;
    const full = devicePixelRatio || 1;
    if (stale) {
      const dense = moving ? Math.min(1, full) : full;
      const room = roomOf(dense);
      const pen = penOf(below, dense);
      pen?.setTransform(1, 0, 0, 1, 0, 0);
      pen?.clearRect(0, 0, below.width, below.height);
      if (pen && room) paintScene(pen, scene, room);
      stale = false;
      painted = { ...camera };
    }
    const room = roomOf(full);
    const pen = penOf(above, full);
    if (!pen) return;
    if (!room) {
      pen.clearRect(0, 0, above.width, above.height);
      return;
    }
    const brush = pointed && paints() ? { at: pointed, wide: brushWide() } : null;
    // Under the pointer itself a cross would only hide what is looked at.
    paintMarks(pen, scene, room, { cross: pointed ? null : (walked ?? cross), brush });
  }

  function soon(anew = true): void {
    stale ||= anew;
    frame ||= requestAnimationFrame(paint);
  }

  /** The camera has gone somewhere else. */
  function glided(): void {
    moving = true;
    soon();
    clearTimeout(rest);
    rest = setTimeout(() => {
      moving = false;
      soon();
    }, REST);
  }

  function brushWide(): number {
    const [left, top, right, bottom] = picture()?.box ?? [0, 0, 0, 0];
    return events.brush?.() ?? BRUSH * Math.min(right - left, bottom - top);
  }

  /** The picture's pixel at a place of the stage. */
  function under([x, y]: [number, number]): [number, number] | null {
    const room = roomOf(1);
    return room && [(x - room.left) / room.scale, (y - room.top) / room.scale];
  }

  function at(point: [number, number]): Place | null {
    const [shown, to] = [picture(), under(point)];
    return shown && to && placeAt(shown, scene?.regions ?? null, ...to);
  }

  function move(next: Camera): void {
    const { x, y, zoom } = camera;
    if (next.x === x && next.y === y && next.zoom === zoom) return;
    Object.assign(camera, next);
    mark();
    glided();
    events.moved(camera);
  }

  function zoom(factor: number, where: [number, number] | null): void {
    const shown = picture();
    if (!shown || !size.width) return;
    const middle: [number, number] = [size.width / 2, size.height / 2];
    move(zoomed(camera, factor, where ?? onStage(walked) ?? middle, shown, size));
  }

  function pan(right: number, down: number): void {
    const shown = picture();
    if (shown && size.width) move(panned(camera, right, down, shown, size));
  }

  function whole(): void {
    const shown = picture();
    if (shown) move(home(shown));
  }

  function onStage(place: Place | null): [number, number] | null {
    const room = place && roomOf(1);
    return room && [room.left + place.x * room.scale, room.top + place.y * room.scale];
  }

  /** How a pointer looks and what a finger does: it scrolls the page over a picture that neither pans nor is painted. */
  function mark(): void {
    el.dataset.mode = events.mode();
    el.dataset.near = String(camera.zoom > 1);
    el.style.touchAction = camera.zoom > 1 || paints() ? "none" : "pan-y";
  }

  /** A place that a stroke goes through may lie outside of the picture: the brush is wide. */
  function strokeAt(point: [number, number]): Place | null {
    const to = under(point);
    return to && (at(point) ?? { x: to[0], y: to[1], region: null });
  }

  pointer({
    el,
    mode: () => events.mode(),
    near: () => camera.zoom > 1,
    hover(point, touch) {
      const place = point && at(point);
      pointed = touch ? null : place;
      walked = null;
      events.at(place);
      mark();
      soon(false);
    },
    press(point) {
      const place = at(point);
      if (!place) return;
      events.at(place);
      events.choose(place);
    },
    stroke(points, done) {
      const places = points.map(strokeAt).filter((place) => place !== null);
      events.stroke(places, done);
    },
    pan,
    zoom,
    home: whole,
    signal,
  });

  function walk(way: readonly [number, number]): void {
    const shown = picture();
    if (!shown) return;
    const regions = scene?.regions ?? null;
    const from = walked ?? cross;
    walked = from ? stepped(shown, regions, from, way, !paints()) : middleOf(shown, regions);
    pointed = null;
    const [x, y] = onStage(walked) ?? [0, 0];
    const into = (value: number, side: number) => (value < 0 || value > side ? side / 2 - value : 0);
    const [right, down] = [into(x, size.width), into(y, size.height)];
    if (right || down) pan(right, down);
    events.at(walked);
    soon(false);
  }

  /** Whether the key meant something here. */
  function key({ key, shiftKey }: KeyboardEvent): boolean {
    const arrow = ARROWS[key];
    if (arrow && shiftKey) pan(-STEP * arrow[0], -STEP * arrow[1]);
    else if (arrow) walk(arrow);
    else if (key === "+" || key === "=") zoom(FACTOR, null);
    else if (key === "-") zoom(1 / FACTOR, null);
    else if (key === "0") whole();
    else if (key === "Enter" || key === " ") {
      const place = walked ?? cross;
      if (!place) walk([0, 0]);
      else if (paints()) events.stroke([place], true);
      else events.choose(place);
    } else if (key === "Escape" && walked) {
      walked = null;
      events.at(null);
      soon(false);
    } else return false;
    return true;
  }
  on(
    el,
    "keydown",
    (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    signal,
  );
  on(
    el,
    "blur",
    () => {
      if (!walked) return;
      walked = null;
      events.at(null);
      soon(false);
    },
    signal,
  );

  const sized = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = el;
    if (width === size.width && height === size.height) return;
    size = { width, height };
    soon();
  });
  sized.observe(el);
  onTheme(
    el,
    () => {
      theme = null;
      soon();
    },
    signal,
  );
  signal.addEventListener("abort", () => {
    sized.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(rest);
  });
  mark();

  return {
    el,
    update(next) {
      const before = scene;
      scene = next;
      mark();
      const shown = next.picture;
      if (shown && shown !== before?.picture) {
        const ratio = Math.max(NARROW, Math.min(WIDE, shown.width / shown.height));
        el.style.setProperty("--ratio", ratio.toFixed(4));
        if (shown.id !== before?.picture?.id) walked = pointed = null;
      }
      if (before && sameScene(before, next)) {
        const { x, y, zoom } = painted;
        if (camera.x !== x || camera.y !== y || camera.zoom !== zoom) glided();
        else if (before !== next) soon(false);
      } else soon();
    },
    point(place) {
      if (cross === place) return;
      cross = place;
      soon(false);
    },
  };
}

/** Whether the same is seen below the marks. */
const sameScene = (one: Scene, other: Scene): boolean =>
  (["picture", "bitmap", "heat", "look", "seen"] as const).every((name) => one[name] === other[name]);
