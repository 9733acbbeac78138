import { on } from "../../core/dom";
import { type Camera, panned, turned, zoomed } from "./camera";
import { clamp } from "./points";
import { boxOf } from "./spatial";
import type { Way } from "./walk";

export type Tool = "move" | "lasso" | "box";
/** What a lasso does to what is selected: it takes its place, or is added to it, or taken away from it. */
export type How = "replace" | "add" | "remove";

export interface GestureOptions {
  /** Has keyboard focus. */
  el: HTMLElement;
  camera(): Camera;
  /** What "0" shows. */
  home(): Camera;
  /** What dragging does; with Shift it always draws a lasso. */
  tool(): Tool;
  move(camera: Camera, moving: boolean): void;
  /** The corners so far, null when it is given up. Done: the hand has let go. */
  lasso(polygon: number[] | null, done: boolean, how: How): void;
  /** Where the pointer is, when it isn't dragging. */
  hover(at: [x: number, y: number] | null): void;
  click(x: number, y: number, event: PointerEvent): void;
  /** An arrow: on to the next point there. */
  walk(way: Way): void;
  /** Where the point is that one has walked to; keys zoom around it. */
  walked(): [x: number, y: number] | null;
  /** Enter: choose the point that one has walked to, or begin to walk. */
  enter(): void;
  /** Space: select it. */
  toggle(): void;
  /** Escape: whether there was something to leave. */
  leave(): boolean;
  signal: AbortSignal;
}

/** A pointer that moved this far drags and no longer clicks. */
const DRAG = 4;
/** The corners of a lasso are so far apart, CSS pixels. */
const CORNER = 3;
/** An arrow key with Shift moves so far. */
const STEP = 48;
const FACTOR = 1.5;
const FACTORS: Record<string, number> = { "+": FACTOR, "=": FACTOR, "-": 1 / FACTOR };
const ARROWS: Record<string, Way> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

type Doing = "nothing" | "move" | "shift" | "lasso" | "box";

/** Mouse, pen, fingers and keys on a cloud. */
export function gestures(options: GestureOptions): void {
  const { el, camera, home, tool, move, lasso, hover, click, signal } = options;
  const down = new Map<number, [x: number, y: number]>();
  let start: [x: number, y: number] | null = null;
  let doing: Doing = "nothing";
  let how: How = "replace";
  let corners: number[] = [];

  function at({ clientX, clientY }: { clientX: number; clientY: number }): [x: number, y: number] {
    const box = el.getBoundingClientRect();
    return [clientX - box.left - el.clientLeft, clientY - box.top - el.clientTop];
  }

  /** A hand turns what has depth; with another button it moves it. */
  function drag(right: number, across: number): void {
    const now = camera();
    move(doing === "move" && now.dims === 3 ? turned(now, right, across) : panned(now, right, across), true);
  }

  function begin(event: PointerEvent): void {
    const chosen = tool();
    const { shiftKey, ctrlKey, metaKey, altKey, buttons } = event;
    doing = "move";
    if (!(buttons & 1)) doing = "shift";
    else if (chosen !== "move") doing = chosen;
    else if (shiftKey) doing = "lasso";
    how = "replace";
    if (ctrlKey || metaKey || (shiftKey && chosen !== "move")) how = "add";
    if (altKey) how = "remove";
    corners = [];
  }

  function pinch(id: number, to: [number, number]): void {
    const [one, other] = [...down.values()] as [[number, number], [number, number]];
    const middle = (): [number, number] => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    const apart = () => Math.hypot(one[0] - other[0], one[1] - other[1]);
    const [x, y] = middle();
    const before = apart();
    const moved = down.get(id) as [number, number];
    [moved[0], moved[1]] = to;
    const [toX, toY] = middle();
    const shifted = panned(camera(), toX - x, toY - y);
    move(before ? zoomed(shifted, apart() / before, toX, toY) : shifted, true);
  }

  function draw(x: number, y: number): void {
    const [fromX, fromY] = start as [number, number];
    if (doing === "box") corners = boxOf(fromX, fromY, x, y);
    else {
      if (!corners.length) corners.push(fromX, fromY);
      const [lastX, lastY] = corners.slice(-2) as [number, number];
      if (Math.hypot(lastX - x, lastY - y) < CORNER) return;
      corners.push(x, y);
    }
    lasso(corners, false, how);
  }

  const draws = () => doing === "lasso" || doing === "box";

  function giveUp(): void {
    if (draws()) lasso(null, true, how);
    else if (doing !== "nothing") move(camera(), false);
    doing = "nothing";
    start = null;
  }

  on(
    el,
    "pointerdown",
    (event) => {
      if (event.button > 2) return;
      down.set(event.pointerId, at(event));
      if (down.size > 1) {
        if (draws()) giveUp();
        start = null;
        doing = "shift";
        return;
      }
      start = at(event);
    },
    signal,
  );
  on(
    el,
    "pointermove",
    (event) => {
      const last = down.get(event.pointerId);
      const [x, y] = at(event);
      if (!last) {
        if (!down.size) hover([x, y]);
        return;
      }
      if (down.size === 2) {
        pinch(event.pointerId, [x, y]);
        return;
      }
      if (start && doing === "nothing" && Math.hypot(x - start[0], y - start[1]) > DRAG) {
        begin(event);
        hover(null);
        el.setPointerCapture?.(event.pointerId);
      }
      if (doing === "nothing") return;
      down.set(event.pointerId, [x, y]);
      if (draws()) draw(x, y);
      else drag(x - last[0], y - last[1]);
    },
    signal,
  );
  on(
    el,
    "pointerup",
    (event) => {
      if (!down.delete(event.pointerId)) return;
      if (draws()) {
        lasso(corners.length >= 6 ? corners : null, true, how);
        doing = "nothing";
      } else if (doing !== "nothing") {
        if (!down.size) {
          move(camera(), false);
          doing = "nothing";
        }
      } else if (start && !event.button) click(...at(event), event);
      start = null;
    },
    signal,
  );
  for (const end of ["pointercancel", "lostpointercapture"] as const)
    on(
      el,
      end,
      (event) => {
        if (down.delete((event as PointerEvent).pointerId) && !down.size) giveUp();
      },
      signal,
    );
  on(
    el,
    "pointerleave",
    (event) => {
      // A press that leaves before it drags is no click, and its end isn't heard here.
      if (doing === "nothing") down.delete(event.pointerId);
      hover(null);
    },
    signal,
  );
  // The other buttons move a cloud with depth.
  on(el, "contextmenu", (event) => camera().dims === 3 && event.preventDefault(), signal);

  // A notebook takes a press with Shift for the end of a choice of cells.
  on(el, "mousedown", (event) => event.shiftKey && event.stopPropagation(), signal);

  // Only who has chosen the cloud, or holds the key, means it by turning the wheel: the page scrolls otherwise.
  el.addEventListener(
    "wheel",
    (event) => {
      const held = event.ctrlKey || event.metaKey;
      if (!held && el !== document.activeElement) return;
      event.preventDefault();
      // A pinch on a touchpad comes as small turns with Ctrl; lines are about 16 pixels.
      const turn = event.deltaMode ? event.deltaY * 16 : event.deltaY;
      const fine = event.ctrlKey && Math.abs(turn) < 50;
      const factor = 2 ** (-turn / (fine ? 60 : 240));
      move(zoomed(camera(), clamp(factor, 0.25, 4), ...at(event)), true);
    },
    { passive: false, signal },
  );

  // A finger scrolls the page over a cloud that isn't chosen.
  el.style.touchAction = "pan-y";
  el.style.userSelect = "none";
  on(el, "focus", () => (el.style.touchAction = "none"), signal);
  on(el, "blur", () => (el.style.touchAction = "pan-y"), signal);

  on(
    el,
    "keydown",
    (event) => {
      if (event.target !== el || event.altKey || event.ctrlKey || event.metaKey) return;
      if (!key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    signal,
  );

  /** Whether the key meant something here. */
  function key({ key, shiftKey }: KeyboardEvent): boolean {
    const [arrow, factor, now] = [ARROWS[key], FACTORS[key], camera()];
    if (arrow && shiftKey) {
      const [right, down] = [-STEP * arrow[0], -STEP * arrow[1]];
      move(now.dims === 3 ? turned(now, right, down) : panned(now, right, down), true);
    } else if (arrow) options.walk(arrow);
    else if (factor) move(zoomed(now, factor, ...(options.walked() ?? [])), true);
    else if (key === "0") move(home(), true);
    else if (key === "Enter") options.enter();
    else if (key === " ") options.toggle();
    else if (key === "Escape") {
      if (!draws()) return options.leave();
      giveUp();
    } else return false;
    return true;
  }
}
