import { unpack } from "../../core/arrays";
import { type Answer, type Ask, isDropped } from "../../core/ask";
import { alarm, button, h, icon, on, say, set, show } from "../../core/dom";
import { decimalsFor, plain } from "../../core/numbers";
import { segments } from "../../core/segments";
import { slider } from "../../core/slider";
import type { Speech } from "../../core/words";
import { band, type Curve } from "./band";
import { maskOfRegions, without } from "./cover";
import type { Image, Scene, Shown } from "./parts";
import type { Game, Panel, Picture, Question, Regions } from "./wire";

type Kind = "deletion" | "insertion";

/** Milliseconds from step to step. */
const BEAT = 350;
const [PLAY, PAUSE] = ["M5 3.500v9l7-4.500z", "M5.500 3.500v9M10.500 3.500v9"];

export interface GameFacts {
  panel: Panel;
  picture: Picture | null;
  bitmap: ImageBitmap | null;
  regions: Regions | null;
  shown: Shown | null;
  game: Game | null;
  /** Why it cannot be played, or null; and whether it can at all. */
  why: string | null;
  live: boolean;
}

/** One of the two games as it is drawn, null before anything of it is known. */
export function curveOf(game: Game, kind: Kind): Curve | null {
  const scores = unpack(game[kind], "float32");
  const { steps } = game;
  if (!scores.length || scores.length !== steps.length) return null;
  const packed = game[`random_${kind}`];
  const rows = packed && unpack(packed, "float32");
  const row = (i: number) => (rows as Float32Array).subarray(i * steps.length, (i + 1) * steps.length);
  return {
    shares: steps.map((step) => step / (game.order.length || 1)),
    scores,
    random: rows && [row(0), row(1), row(2)],
  };
}

/** The regions that are hidden at a step. */
export function goneAt({ order, steps }: Game, kind: Kind, step: number): number[] {
  const count = steps[step] ?? 0;
  return kind === "deletion" ? order.slice(0, count) : order.slice(count);
}

/** How this map's order does against random ones, in words: areas are mean scores over the way. */
export function reading(t: Speech, game: Game, kind: Kind): string {
  const areas = game[`${kind}_area`];
  if (!areas) return "";
  const [mine, random, low, high] = areas;
  const decimals = decimalsFor(Math.max(...areas.map(Math.abs)));
  const [worst, best] = kind === "deletion" ? [high - mine, mine - low] : [mine - low, high - mine];
  const verdict = best < 0 ? "better" : worst < 0 ? "worse" : "none";
  const said = { mine: plain(mine, decimals), random: plain(random, decimals) };
  return `${t(`saliency.game.${kind}.mean`, said)} ${t(`saliency.game.${verdict}`)}`;
}

/** Regions go, or come, in the order of the map, and the score is read off at each step. */
export function game(options: {
  t: Speech;
  ask: Ask<Question, Answer>;
  changed(): void;
  signal: AbortSignal;
}) {
  const { t, ask, changed, signal } = options;
  let facts: GameFacts | null = null;
  let now: Game | null = null;
  let kind: Kind = "deletion";
  let step = 0;
  let asked = false;
  let problem = "";
  let timer: ReturnType<typeof setInterval> | undefined;
  let absent: { of: Regions["absent"]; bitmap: ImageBitmap | null } = { of: null, bitmap: null };
  let made: { key: string; of: unknown[]; seen: Image | null } = { key: "", of: [], seen: null };

  const kinds = segments(
    t("saliency.game"),
    {
      deletion: [t("saliency.game.deletion"), t("saliency.game.deletion.title")],
      insertion: [t("saliency.game.insertion"), t("saliency.game.insertion.title")],
    },
    (name) => {
      kind = name;
      changed();
    },
    signal,
  );
  const start = button("button", t("saliency.game.start"));
  on(start, "click", () => void begin(), signal);
  const play = button("tool", icon(PLAY));
  on(play, "click", () => (timer === undefined ? run() : halt()), signal);
  const thumb = slider(t("saliency.game.step"), (value) => go(value), signal);
  const curve = band((value) => go(value), signal);
  const score = h("div", "number");
  const words = h("div", { class: "xai-caption", role: "status" });
  const fault = alarm();
  const head = h("div", "hand", ...[kinds.el, play, thumb.el]);
  const told = h("div", "told", score, words);
  const both = h("div", "game-body", curve.el, told);
  const hint = h("div", "caption", t("saliency.game.hint"));
  const el = h("div", "game", hint, start, head, both, fault);

  async function begin(): Promise<void> {
    if (!facts || facts.why) return;
    [asked, problem] = [true, ""];
    changed();
    try {
      await ask({ kind: "game", panel: facts.panel.id });
    } catch (why) {
      if (!isDropped(why)) [asked, problem] = [false, (why as Error).message];
      if (!signal.aborted) changed();
    }
  }

  const steps = () => now?.steps.length ?? 0;

  /** A hand goes there: nothing moves by itself any more. */
  function go(to: number): void {
    halt();
    step = to;
    changed();
  }

  function run(): void {
    if (step >= steps() - 1) step = 0;
    timer = setInterval(() => {
      if (step < steps() - 1) step++;
      if (step >= steps() - 1) halt();
      changed();
    }, BEAT);
    changed();
  }

  function halt(): void {
    clearInterval(timer);
    timer = undefined;
  }
  signal.addEventListener("abort", halt);

  async function decode(of: Regions["absent"]): Promise<void> {
    absent = { of, bitmap: null };
    if (!of) return;
    const bitmap = await globalThis
      .createImageBitmap?.(new Blob([of.data], { type: of.mime }))
      .catch(() => null);
    if (signal.aborted || absent.of !== of || !bitmap) return;
    absent.bitmap = bitmap;
    changed();
  }

  function draw(): void {
    if (!facts) return;
    const drawn = now && curveOf(now, kind);
    const waits = asked && !now?.done;
    hint.hidden = !!drawn;
    start.hidden = !!drawn || !facts.live;
    start.disabled = facts.why !== null || !facts.shown;
    start.title = facts.why ?? "";
    say(start, waits ? t("computing") : t("saliency.game.start"));
    head.hidden = both.hidden = !drawn;
    show(fault, problem);
    if (!drawn || !now) return;
    kinds.update(kind);
    step = Math.min(step, steps() - 1);
    thumb.put(steps() - 1, step);
    const runs = timer !== undefined;
    play.replaceChildren(icon(runs ? PAUSE : PLAY));
    const does = t(runs ? "saliency.game.pause" : "saliency.game.play");
    set(play, { "aria-label": does, title: does });
    curve.update(drawn, step);
    const { scores, random } = drawn;
    const decimals = decimalsFor(Math.max(...scores.map(Math.abs)));
    const said = [
      t(`saliency.game.${kind}.step`, { n: now.steps[step] ?? 0, count: now.order.length }),
      t("saliency.game.score", { score: plain(scores[step] as number, decimals) }),
      random ? t("saliency.game.random", { score: plain(random[1][step] as number, decimals) }) : "",
    ];
    const line = said.filter(Boolean).join(" · ");
    say(score, line);
    set(thumb.el, { "aria-valuetext": line });
    say(words, now.done ? reading(t, now, kind) : t("computing"));
  }

  return {
    el,
    /** Whether there is something to show without a kernel. */
    known: (told: Game | null) => !!told && !!curveOf(told, "deletion"),
    scene(scene: Scene): Scene {
      const { regions, bitmap, picture } = facts ?? {};
      if (!now || !regions || !picture || scene.picture !== picture) return scene;
      const gone = goneAt(now, kind, step);
      if (!gone.length || !absent.bitmap || !bitmap) return scene;
      const key = `${kind} ${step}`;
      const of = [now.order.join(), regions, bitmap, absent.bitmap];
      if (made.key !== key || of.some((one, i) => one !== made.of[i])) {
        const mask = maskOfRegions(regions, picture.seen, gone);
        made = { key, of, seen: without(picture, bitmap, absent.bitmap, mask) };
      }
      return made.seen ? { ...scene, seen: made.seen, heat: null } : scene;
    },
    stop: halt,
    update(next: GameFacts): void {
      facts = next;
      const { game: told, panel, picture, shown, regions } = next;
      const mine =
        told?.panel === panel.id &&
        told.picture === picture?.id &&
        (!shown || told.run === shown.estimate.run) &&
        shown !== null;
      const before = now;
      now = mine ? told : null;
      if (!now) halt();
      if (before && !now) [asked, step] = [false, 0];
      if (regions && absent.of !== regions.absent) void decode(regions.absent);
      if (now?.done && asked) {
        asked = false;
        step = 0;
        if (!matchMedia("(prefers-reduced-motion: reduce)").matches && timer === undefined)
          queueMicrotask(run);
      }
      draw();
    },
  };
}
