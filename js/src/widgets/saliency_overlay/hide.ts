import { unpack } from "../../core/arrays";
import { type Answer, type Ask, isDropped } from "../../core/ask";
import { alarm, h, say, set, show } from "../../core/dom";
import { percent } from "../../core/numbers";
import type { Outputs, Targets } from "../../core/targets";
import type { Speech } from "../../core/words";
import { brushed, coverOf, imageOf, type Mask, maskOf, shareOf, toggled } from "./cover";
import { changes, claimOf, type HiddenAnswer } from "./effect";
import { hand } from "./hand";
import type { Image, Mode, Place, Scene } from "./parts";
import type { Panel, Picture, Question, Regions } from "./wire";

export interface HideFacts {
  panel: Panel;
  picture: Picture | null;
  regions: Regions | null;
  /** What the model says of the whole picture, and which of it is explained. */
  outputs: Outputs | null;
  targets: Targets;
  why: string | null;
}

export interface Hide {
  el: HTMLElement;
  update(facts: HideFacts): void;
  mode(): Mode;
  brush(): number;
  choose(place: Place): boolean;
  stroke(places: Place[], done: boolean): void;
  scene(scene: Scene): Scene;
}

/** Milliseconds from one question to the next. */
const WAIT = 200;
/** Strokes that can be taken back. */
const UNDONE = 32;

/** Parts of the picture are hidden from the model, and its scores answer. */
export function hide(options: {
  t: Speech;
  ask: Ask<Question, Answer>;
  changed(): void;
  signal: AbortSignal;
}): Hide {
  const { t, ask, changed, signal } = options;
  let facts: HideFacts | null = null;
  let mask: Mask | null = null;
  let past: Uint8Array[] = [];
  let last: Place | null = null;
  /** Grows with everything that asks for another answer; and which was answered. */
  let [version, answered] = [0, 0];
  let subject = "";
  let answer: { told: HiddenAnswer; seen: Image | null } | null = null;
  let problem = "";
  let cover = { version: -1, made: null as Mask | null, share: 0 };
  let busy = false;
  let asked = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tools = hand({
    ...{ t, changed, renew, signal },
    undo: () => put(past.pop()),
    clear() {
      remember();
      put(new Uint8Array(mask?.bits.length ?? 0));
    },
  });
  const sentence = h("p", { class: "xai-claim", role: "status" });
  const share = h("div", "caption number");
  const list = changes(t);
  const fault = alarm();
  const el = h("div", "hide", tools.el, sentence, fault, list.el, share);

  function remember(): void {
    if (!mask) return;
    past.push(mask.bits.slice());
    past = past.slice(-UNDONE);
  }
  function put(bits: Uint8Array | undefined): void {
    if (!mask || !bits) return;
    mask.bits = bits;
    renew();
  }

  /** What is hidden now, or null; another object when it is something else. */
  function coverNow(): Mask | null {
    if (cover.version !== version) {
      const share = mask ? shareOf(mask) : 0;
      cover = { version, made: mask && share ? { ...mask } : null, share };
    }
    return cover.made;
  }

  /** Another answer is wanted. */
  function renew(): void {
    version++;
    soon();
    changed();
  }

  function soon(): void {
    if (busy || timer !== undefined || answered === version) return;
    const wait = asked + WAIT - performance.now();
    if (wait > 0) timer = setTimeout(() => void question(), wait);
    // The model answers while the picture is drawn.
    else void question();
  }

  async function question(): Promise<void> {
    timer = undefined;
    const made = coverNow();
    const [about, now] = [subject, version];
    if (!made || !facts || facts.why || signal.aborted) {
      if (!made) [answer, problem, answered] = [null, "", version];
      return;
    }
    [busy, asked] = [true, performance.now()];
    const { id: panel } = facts.panel;
    try {
      const told = await ask({ kind: "hide", panel, cover: coverOf(made), fill: tools.fill() });
      const [height = 0, width = 0] = told.shape;
      if (about === subject) {
        answer = { told: told as HiddenAnswer, seen: imageOf(unpack(told, "uint8"), height, width) };
        problem = "";
      }
    } catch (why) {
      if (about === subject && !isDropped(why)) problem = (why as Error).message;
    }
    busy = false;
    answered = now;
    soon();
    if (!signal.aborted) changed();
  }
  signal.addEventListener("abort", () => clearTimeout(timer));

  function draw(): void {
    if (!facts) return;
    const { outputs, targets, why } = facts;
    const hidden = coverNow();
    tools.update({ why, past: past.length > 0, hidden: !!hidden });
    show(fault, problem);
    const told = hidden && answer?.told;
    // Whoever listens hears of a stroke when it has ended.
    set(sentence, { "aria-live": last ? "off" : "polite" });
    const waiting = problem ? "" : t("computing");
    const words = told ? claimOf(t, told, outputs, targets) : waiting;
    say(sentence, hidden ? words : t("saliency.hide.hint"));
    sentence.classList.toggle("xai-caption", !told);
    say(share, hidden ? t("saliency.hidden", { share: percent(cover.share) }) : "");
    list.update(told ? told.outputs : null, outputs, targets);
  }

  function brush(): number {
    const [left, top, right, bottom] = facts?.picture?.box ?? [0, 0, 0, 0];
    return tools.wide() * Math.min(right - left, bottom - top);
  }

  return {
    el,
    mode: () => (facts?.why ? "look" : tools.mode()),
    brush,
    choose({ region }) {
      const { picture, regions } = facts ?? {};
      if (tools.mode() !== "region" || facts?.why || !mask || !picture || !regions || region === null)
        return false;
      remember();
      toggled(mask, regions, picture.seen, region);
      renew();
      return true;
    },
    stroke(places, done) {
      const picture = facts?.picture;
      if (!mask || !picture || facts?.why) {
        last = null;
        return;
      }
      if (!last) remember();
      let other = false;
      for (const place of places) {
        if (brushed(mask, picture, last ?? place, place, brush(), tools.mode() !== "erase")) other = true;
        last = place;
      }
      if (done) last = null;
      // Where a stroke ends it has been asked about.
      if (other) renew();
      else changed();
    },
    scene(given) {
      // Under a brush no region is meant.
      const brushes = tools.mode() === "paint" || tools.mode() === "erase";
      const scene = brushes && given.hovered.length ? { ...given, hovered: [] } : given;
      const hidden = coverNow();
      if (!hidden || scene.picture !== facts?.picture) return scene;
      const seen = answer?.seen ?? null;
      const open = last !== null || answered !== version || !seen;
      return { ...scene, seen, cover: open ? hidden : null, heat: tools.over() || !seen ? scene.heat : null };
    },
    update(next) {
      const before = facts;
      facts = next;
      const { panel, picture } = next;
      if (picture && picture.id !== before?.picture?.id) {
        mask = maskOf(picture.seen);
        [past, last] = [[], null];
      }
      const about = JSON.stringify([panel.id, panel.model, panel.target, picture?.id]);
      if (about !== subject) {
        [subject, answer, problem] = [about, null, ""];
        version++;
      }
      if (!next.why) soon();
      draw();
    },
  };
}
