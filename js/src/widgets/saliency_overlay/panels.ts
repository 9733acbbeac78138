import type { Trust } from "../../core/badge";
import { alarm, button, h, on, say, set } from "../../core/dom";
import type { Speech } from "../../core/words";
import { type Caption, caption } from "./caption";
import type { Camera, Place, Scene, Stage, StageEvents } from "./parts";
import { stage } from "./stage";

/** A panel's id, or the one that shows where the others part. */
export type PanelId = number | "parted";

export interface PanelFacts {
  id: PanelId;
  scene: Scene;
  title: string;
  /** The picture in words. */
  label: string;
  /** What it says at the place that is pointed at; null: that stands elsewhere. */
  figure: string | null;
  trust: Trust | null;
  fault: string | null;
  /** Its numbers answer an older question. */
  stale: boolean;
  /** What closing it is called; null: it stays. */
  closes: string | null;
}

export interface Panels {
  el: HTMLElement;
  update(facts: PanelFacts[], more: { active: PanelId | null; add: string | null; why: string | null }): void;
  /** A cross in all pictures but the one that is pointed at. */
  point(place: Place | null): void;
  /** The camera has moved. */
  moved(): void;
}

interface View {
  el: HTMLElement;
  head: Caption;
  stage: Stage;
  figure: HTMLElement;
  fault: HTMLElement;
  sentence: HTMLElement;
  again: HTMLButtonElement;
  end: AbortController;
  scene: Scene | null;
}

/** Two scenes in which the same is seen are one. */
function kept(before: Scene | null, next: Scene): Scene {
  const names = Object.keys(next) as (keyof Scene)[];
  return before && names.every((name) => before[name] === next[name]) ? before : next;
}

/** Pictures side by side. */
export function panels(options: {
  t: Speech;
  camera: Camera;
  events: Omit<StageEvents, "at"> & { at(place: Place | null, id: PanelId): void };
  activate(id: PanelId): void;
  close(id: PanelId): void;
  /** Compute it once more: it failed. */
  again(id: PanelId): void;
  add(): void;
  signal: AbortSignal;
}): Panels {
  const { t, camera, events, activate, close, again: retry, add, signal } = options;
  const views = new Map<PanelId, View>();
  const grid = h("div", "panels");
  const plus = button("add", "+");
  const el = h("div", "panels-row", grid, plus);
  on(plus, "click", add, signal);

  function viewOf(id: PanelId): View {
    const known = views.get(id);
    if (known) return known;
    const end = new AbortController();
    const life = AbortSignal.any([signal, end.signal]);
    const head = caption({ t, activate: () => activate(id), close: () => close(id), signal: life });
    const one = stage({
      ...{ t, camera, label: "", signal: life },
      events: { ...events, at: (place) => events.at(place, id) },
    });
    const figure = h("div", "figure number");
    const sentence = h("div");
    const again = button("button", t("again"));
    const fault = alarm(sentence, again);
    const section = h("section", "panel", head.el, h("div", {}, one.el, figure, head.why, fault));
    for (const type of ["pointerdown", "focusin"] as const) on(section, type, () => activate(id), life);
    on(
      again,
      "click",
      () => {
        retry(id);
        // What had focus goes with what failed.
        one.el.focus();
      },
      life,
    );
    const made = { el: section, head, stage: one, figure, fault, sentence, again, end, scene: null };
    views.set(id, made);
    return made;
  }

  return {
    el,
    update(facts, { active, add: adds, why }) {
      for (const [id, { el: gone, end }] of views)
        if (!facts.some((one) => one.id === id)) {
          end.abort();
          gone.remove();
          views.delete(id);
        }
      facts.forEach((one, i) => {
        const view = viewOf(one.id);
        if (grid.children[i] !== view.el) grid.insertBefore(view.el, grid.children[i] ?? null);
        const { title, label, figure, trust, fault, stale, closes } = one;
        const pick = facts.length > 1 && one.id !== "parted";
        view.head.update({ title, trust, active: one.id === active, closes, pick });
        set(view.el, { "data-active": String(pick && one.id === active), "data-stale": String(stale) });
        set(view.el, { "aria-label": title });
        if (view.stage.el.getAttribute("aria-label") !== label) set(view.stage.el, { "aria-label": label });
        say(view.figure, figure ?? "");
        view.figure.title = figure ?? "";
        view.figure.hidden = figure === null || (!figure && !!fault);
        say(view.sentence, fault ?? "");
        view.fault.hidden = !fault;
        view.again.hidden = adds === null;
        view.again.disabled = why !== null;
        set(view.again, { title: why });
        view.scene = kept(view.scene, one.scene);
        view.stage.update(view.scene);
      });
      el.style.setProperty("--count", String(facts.length));
      plus.hidden = adds === null;
      plus.disabled = why !== null;
      set(plus, { title: why ?? adds, "aria-label": adds });
    },
    point(place) {
      for (const { stage: one } of views.values()) one.point(place);
    },
    moved() {
      for (const { stage: one, scene } of views.values()) if (scene) one.update(scene);
    },
  };
}
