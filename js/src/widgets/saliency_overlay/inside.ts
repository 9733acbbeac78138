import { unpack } from "../../core/arrays";
import { type Answer, type Ask, isDropped } from "../../core/ask";
import { alarm, button, h, labelled, offered, on, say, set, show } from "../../core/dom";
import { decimalsFor, signed } from "../../core/numbers";
import { remembered } from "../../core/remembered";
import type { Speech } from "../../core/words";
import { heatOf } from "./heat";
import { shapesOf } from "./layers";
import { pixels } from "./paint";
import type { Heat, Scene, Shown } from "./parts";
import { ramp } from "./ramps";
import type { Estimate, ModelFacts, Panel, Picture, Question, Regions } from "./wire";

export interface MapsAnswer extends Answer {
  layer: string;
  /** Their numbers in the layer, those that count most first, and what each contributes to the score. */
  units: number[];
  contributions: number[];
  total: number;
}

export interface InsideFacts {
  panel: Panel;
  picture: Picture | null;
  regions: Regions | null;
  model: ModelFacts | undefined;
  shown: Shown | null;
  smoothing: number;
  why: string | null;
}

const KEYS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** A map as a small picture. */
function thumb(codes: Uint8Array, height: number, width: number): HTMLElement {
  const colours = ramp("heat", false);
  const canvas = pixels(width, height, (data, at, i) => {
    const from = 3 * (codes[i] as number);
    data.set(colours.subarray(from, from + 3), at);
    data[at + 3] = 255;
  });
  return canvas ?? h("span");
}

/** One map as heat over the picture: from its lowest value to its highest. */
const heatOver = remembered(
  (maps: MapsAnswer, place: number, regions: Regions, picture: Picture, smoothing: number): Heat => {
    const [, height = 0, width = 0] = maps.shape;
    const size = height * width;
    const codes = Int16Array.from(unpack(maps, "uint8").subarray(place * size, (place + 1) * size));
    const map = {
      codes: { dtype: "int16" as const, shape: [height, width], data: codes.buffer },
      scale: 1 / 255,
    };
    return heatOf({ map, signed: false } as Estimate, regions, picture, smoothing);
  },
);

/** The maps of a layer that count most for what is explained. */
export function inside(options: {
  t: Speech;
  ask: Ask<Question, Answer>;
  changed(): void;
  signal: AbortSignal;
}) {
  const { t, ask, changed, signal } = options;
  let facts: InsideFacts | null = null;
  /** What a hand has chosen here; null: the panel's own layer. */
  let chosen: string | null = null;
  let subject = "";
  let maps: MapsAnswer | null = null;
  let problem = "";
  /** Which one lies over the picture, and which one has the keyboard. */
  let [laid, at] = [-1, 0];
  let faces: HTMLButtonElement[] = [];
  let known = "";

  const select = h("select", "select");
  on(
    select,
    "change",
    () => {
      chosen = select.value;
      changed();
    },
    signal,
  );
  const count = h("span", { class: "xai-caption", role: "status" });
  const head = h("div", "hand", labelled("setting", t("saliency.layer"), select), count);
  const list = h("div", { class: "xai-thumbs", role: "group" });
  const fault = alarm();
  const el = h("div", "inside", head, list, fault);

  on(
    list,
    "keydown",
    (event) => {
      const rows = faces.filter(({ offsetTop }) => offsetTop === faces[0]?.offsetTop).length;
      const step = { ...KEYS, ArrowUp: -rows, ArrowDown: rows }[event.key];
      if (step === undefined || !faces.length) return;
      event.preventDefault();
      focus(Math.max(0, Math.min(faces.length - 1, at + step)));
      faces[at]?.focus();
    },
    signal,
  );

  function focus(next: number): void {
    at = next;
    faces.forEach((face, i) => {
      face.tabIndex = i === at ? 0 : -1;
    });
  }

  async function question(layer: string, about: string): Promise<void> {
    if (!facts) return;
    try {
      const told = await ask({ kind: "features", panel: facts.panel.id, layer });
      if (about !== subject) return;
      maps = told as MapsAnswer;
      fill(maps);
    } catch (why) {
      if (about !== subject || isDropped(why)) return;
      problem = (why as Error).message;
    }
    if (!signal.aborted) changed();
  }

  function fill({ units, contributions, shape, layer, ...packed }: MapsAnswer): void {
    const [, height = 0, width = 0] = shape;
    const codes = unpack({ ...packed, shape }, "uint8");
    const decimals = Math.min(3, decimalsFor(Math.max(...contributions.map(Math.abs), 0)));
    faces = units.map((unit, i) => {
      const counts = signed(contributions[i] ?? 0, decimals);
      const face = button(
        "thumb number",
        thumb(codes.subarray(i * height * width, (i + 1) * height * width), height, width),
        h("span", {}, String(unit)),
        h("span", "caption", counts),
      );
      set(face, { "aria-label": t("saliency.map.label", { unit, counts }), title: t("saliency.map.title") });
      on(
        face,
        "click",
        () => {
          focus(i);
          laid = laid === i ? -1 : i;
          changed();
        },
        signal,
      );
      return face;
    });
    [laid, at] = [-1, 0];
    focus(0);
    list.replaceChildren(...faces);
    set(list, { "aria-label": t("saliency.inside.of", { layer }) });
    list.scrollTop = 0;
  }

  function draw(): void {
    if (!facts) return;
    const { model, why } = facts;
    const layers = shapesOf(model);
    const key = JSON.stringify(layers);
    if (key !== known) {
      known = key;
      select.replaceChildren(...offered([["", t("saliency.layer.auto")], ...layers]));
    }
    select.value = layerNow();
    select.disabled = why !== null;
    select.title = why ?? "";
    const words = maps && { n: maps.units.length, total: maps.total };
    say(count, words ? t("saliency.maps", words) : problem || why ? "" : t("computing"));
    show(fault, problem);
    list.hidden = !maps;
    faces.forEach((face, i) => {
      set(face, { "aria-pressed": String(i === laid) });
    });
  }

  function layerNow(): string {
    const { panel, shown, model } = facts ?? {};
    const name = chosen ?? panel?.layer ?? shown?.estimate.layer ?? "";
    return model?.layers.some((one) => one.name === name) ? name : "";
  }

  return {
    el,
    scene(scene: Scene): Scene {
      const { regions, picture, smoothing = 0 } = facts ?? {};
      if (!maps || laid < 0 || !regions || !picture || scene.picture !== picture) return scene;
      return { ...scene, heat: heatOver(maps, laid, regions, picture, smoothing) };
    },
    /** What lies over the picture, in words. */
    title: (): string =>
      maps && laid >= 0 ? t("saliency.map", { unit: maps.units[laid] ?? 0, layer: maps.layer }) : "",
    update(next: InsideFacts): void {
      facts = next;
      const { panel, picture, why } = next;
      const layer = layerNow();
      const about = JSON.stringify([panel.id, panel.model, panel.target, picture?.id, layer]);
      if (about !== subject && !why && picture) {
        [subject, maps, problem, laid, faces] = [about, null, "", -1, []];
        list.replaceChildren();
        void question(layer, about);
      }
      draw();
    },
  };
}
