import { h, set } from "../../core/dom";
import type { Camera } from "./camera";

/** Which point is looked at: by the pointer, else by the keyboard. An element stands where it is. */
export interface Looking {
  /** What goes into the cloud's element. */
  stops: HTMLElement[];
  /** The point, or −1. */
  point(): number;
  /** The one that the keyboard has walked to, or −1. */
  walked(): number;
  /** The pointer is on a point, or on none. */
  hover(point: number): void;
  walk(point: number): void;
  /** A click has taken the place of what was walked to. */
  leave(): void;
  /** Neither is looked at. */
  forget(): void;
  /** The points have moved: the tip goes along; out of sight it is gone. */
  follow(): void;
  /** The point is drawn at this place. */
  stand(x: number, y: number): void;
}

let serial = 0;

export function looking(options: {
  el(): HTMLElement;
  at(point: number): [x: number, y: number];
  camera(): Camera;
  said(point: number): string;
  /** The chosen point, or −1. */
  chosen(): number;
  look(point: number, at: HTMLElement): void;
  changed(): void;
}): Looking {
  const { el, at, camera, said, chosen, look, changed } = options;
  let [pointed, walked] = [-1, -1];
  let turn = 0;
  // Two take turns: one that only moved would not be read out anew.
  const stops = [0, 1].map(() => {
    serial += 1;
    return h("span", { class: "xai-stop", role: "option", id: `xai-point-${serial}`, hidden: true });
  });
  const here = () => stops[turn] as HTMLElement;
  const point = () => (pointed >= 0 ? pointed : walked);

  function stand(x: number, y: number): void {
    here().style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  }

  function see(): void {
    const one = point();
    for (const stop of stops) stop.hidden = true;
    if (one < 0) {
      el().removeAttribute("aria-activedescendant");
      look(-1, el());
    } else {
      turn = 1 - turn;
      const stop = here();
      stop.hidden = false;
      stand(...at(one));
      set(stop, { "aria-label": said(one), "aria-selected": String(one === chosen()) });
      set(el(), { "aria-activedescendant": stop.id });
      look(one, stop);
    }
    changed();
  }

  return {
    stops,
    point,
    walked: () => walked,
    hover(one) {
      if (one === pointed) return;
      pointed = one;
      see();
    },
    walk(one) {
      [pointed, walked] = [-1, one];
      see();
    },
    leave() {
      walked = -1;
    },
    forget() {
      [pointed, walked] = [-1, -1];
      see();
    },
    follow() {
      const one = point();
      if (one < 0) return;
      const [x, y] = at(one);
      stand(x, y);
      const { width, height } = camera();
      const seen = x >= 0 && y >= 0 && x <= width && y <= height;
      look(seen ? one : -1, here());
    },
    stand,
  };
}
