import { on } from "../../core/dom";
import type { Mode } from "./parts";

type At = [x: number, y: number];

export interface PointerOptions {
  /** Has keyboard focus. */
  el: HTMLElement;
  mode(): Mode;
  /** Whether the picture is larger than the stage. */
  near(): boolean;
  /** The pointer is here, in CSS pixels of the stage, or nowhere. */
  hover(at: At | null, touch: boolean): void;
  press(at: At): void;
  stroke(through: At[], done: boolean): void;
  pan(right: number, down: number): void;
  zoom(factor: number, at: At | null): void;
  home(): void;
  signal: AbortSignal;
}

/** A pointer that moved this far drags and no longer clicks. */
const DRAG = 4;
/** A line of a wheel is about so many pixels. */
const LINE = 16;

/** Mouse, pen and fingers on a picture. */
export function pointer(options: PointerOptions): void {
  const { el, mode, near, hover, press, stroke, pan, zoom, home, signal } = options;
  const down = new Map<number, At>();
  let start: At | null = null;
  let doing: "nothing" | "press" | "pan" | "stroke" | "pinch" = "nothing";
  let last: At = [0, 0];

  function at({ clientX, clientY }: { clientX: number; clientY: number }): At {
    const box = el.getBoundingClientRect();
    return [clientX - box.left - el.clientLeft, clientY - box.top - el.clientTop];
  }
  const paints = () => mode() === "paint" || mode() === "erase";

  function pinch(id: number, to: At): void {
    const other = [...down].find(([one]) => one !== id)?.[1];
    const from = down.get(id);
    if (!other || !from) return;
    const before = Math.hypot(from[0] - other[0], from[1] - other[1]);
    const after = Math.hypot(to[0] - other[0], to[1] - other[1]);
    pan((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
    if (before) zoom(after / before, [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2]);
    down.set(id, to);
  }

  /** The fingers on it have let go. */
  function end(): void {
    if (doing === "stroke") stroke([last], true);
    el.removeAttribute("data-pans");
    doing = "nothing";
    start = null;
  }

  on(
    el,
    "pointerdown",
    (event) => {
      if (event.button > 1) return;
      const here = at(event);
      down.set(event.pointerId, here);
      if (down.size > 1) {
        end();
        doing = "pinch";
        return;
      }
      [start, last] = [here, here];
      doing = "press";
      // The middle button moves the picture in every mode; its usual scrolling would get in the way.
      if (event.button) event.preventDefault();
      else if (paints()) {
        doing = "stroke";
        el.setPointerCapture?.(event.pointerId);
        stroke([here], false);
      }
    },
    signal,
  );
  on(
    el,
    "pointermove",
    (event) => {
      const here = at(event);
      const touch = event.pointerType === "touch";
      if (!down.has(event.pointerId)) {
        if (!down.size) hover(here, touch);
        return;
      }
      if (doing === "pinch") {
        pinch(event.pointerId, here);
        return;
      }
      down.set(event.pointerId, here);
      if (doing === "press" && start && near() && Math.hypot(here[0] - start[0], here[1] - start[1]) > DRAG) {
        doing = "pan";
        hover(null, touch);
        el.dataset.pans = "";
        el.setPointerCapture?.(event.pointerId);
      }
      if (doing === "pan") pan(here[0] - last[0], here[1] - last[1]);
      else {
        if (doing === "stroke") stroke((event.getCoalescedEvents?.() ?? []).concat(event).map(at), false);
        hover(here, touch);
      }
      last = here;
    },
    signal,
  );
  on(
    el,
    "pointerup",
    (event) => {
      if (!down.delete(event.pointerId)) return;
      const here = at(event);
      const still = start && Math.hypot(here[0] - start[0], here[1] - start[1]) <= DRAG;
      if (doing === "press" && still && !event.button) press(here);
      if (!down.size) end();
    },
    signal,
  );
  for (const gone of ["pointercancel", "lostpointercapture"] as const)
    on(el, gone, (event) => down.delete((event as PointerEvent).pointerId) && !down.size && end(), signal);
  on(
    el,
    "pointerleave",
    (event) => {
      // A press that leaves before it drags is no click, and its end isn't heard here.
      if (doing === "press" && down.delete(event.pointerId)) end();
      hover(null, event.pointerType === "touch");
    },
    signal,
  );
  on(el, "dblclick", () => paints() || home(), signal);

  // A bare wheel scrolls the notebook; a pinch on a touchpad comes as small turns with Ctrl.
  el.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const turn = event.deltaMode ? event.deltaY * LINE : event.deltaY;
      const fine = event.ctrlKey && Math.abs(turn) < 50;
      zoom(Math.max(0.25, Math.min(4, 2 ** (-turn / (fine ? 60 : 240)))), at(event));
    },
    { passive: false, signal },
  );
}
