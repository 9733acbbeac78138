import { asking } from "../../core/ask";
import { h } from "../../core/dom";
import type { Life } from "../../core/life";
import { segments } from "../../core/segments";
import type { Outputs, Targets } from "../../core/targets";
import type { Speech } from "../../core/words";
import { game } from "./game";
import { hide } from "./hide";
import { inside } from "./inside";
import type { Known } from "./known";
import type { Mode, Place, Scene, Shown } from "./parts";
import { filled, type Game, type Model, type Panel, type Question } from "./wire";

const TESTS = ["hide", "game", "inside"] as const;
type Test = (typeof TESTS)[number];

export interface ClaimFacts {
  panel: Panel;
  /** Its numbers, null where they answer an older question. */
  shown: Shown | null;
  /** What the model says of the whole picture, and which of it is explained. */
  outputs: Outputs | null;
  targets: Targets;
  /** Why nothing can be asked, or null. */
  why: string | null;
}

/** What tests the active panel's claim: parts are hidden, regions go one by one, maps of a layer are laid over. */
export interface Claim {
  el: HTMLElement;
  update(facts: ClaimFacts): void;
  /** What a hand on the picture means. */
  mode(): Mode;
  /** The brush's diameter in the picture's own pixels. */
  brush(): number;
  /** Whether it takes the click. */
  choose(place: Place): boolean;
  stroke(places: Place[], done: boolean): void;
  /** The active panel's scene as the open test has it; the same where none is open. */
  scene(scene: Scene): Scene;
  /** What is laid over the picture instead of the panel's map, or "". */
  title(): string;
}

export function claim(options: {
  t: Speech;
  model: Model;
  life: Life;
  state: Known;
  /** Draw everything anew. */
  changed(): void;
  signal: AbortSignal;
}): Claim {
  const { t, model, life, state, changed, signal } = options;
  let open: Test | null = null;
  let why: string | null = null;
  const questions = asking<Question>({
    ...{ model, life, signal, why: () => why },
    newest: ["hide", "features"],
  });
  const shared = { t, ask: questions.ask, changed, signal };
  const parts = { hide: hide(shared), game: game(shared), inside: inside(shared) };
  const heading = t("saliency.test");
  const named = (test: Test): [string, string] => [
    t(`saliency.test.${test}`),
    t(`saliency.test.${test}.title`),
  ];
  const tests = segments(
    heading,
    { hide: named("hide"), game: named("game"), inside: named("inside") },
    (test) => {
      if (open === "game") parts.game.stop();
      open = open === test ? null : test;
      changed();
    },
    signal,
  );
  const head = h("div", "hand", h("span", "caption", heading), tests.el);
  const el = h(
    "section",
    { class: "xai-test", "aria-label": heading },
    head,
    ...TESTS.map((test) => parts[test].el),
  );

  return {
    el,
    mode: () => (open === "hide" ? parts.hide.mode() : "look"),
    brush: () => parts.hide.brush(),
    choose: (place) => open === "hide" && parts.hide.choose(place),
    stroke(places, done) {
      if (open === "hide") parts.hide.stroke(places, done);
    },
    scene: (scene) => (open && !el.hidden ? parts[open].scene(scene) : scene),
    title: () => (open === "inside" ? parts.inside.title() : ""),
    update({ panel, shown, outputs, targets, why: reason }) {
      why = reason;
      questions.update();
      const { picture, bitmap, regions } = state;
      const live = model.get("live") && !state.exported();
      const facts = state.modelOf(panel);
      const told = filled<Game>(model.get("_game"));
      const hides = live && !!facts?.hides;
      const can = {
        hide: hides,
        game: hides || (!!shown && told?.panel === panel.id && parts.game.known(told)),
        inside: live && !!facts?.layers.length,
      };
      if (open && !can[open]) open = null;
      el.hidden = !Object.values(can).some(Boolean);
      tests.update(open, (test) => can[test]);
      for (const test of TESTS) parts[test].el.hidden = open !== test;
      const now = { panel, picture, regions, why };
      if (open === "hide") parts.hide.update({ ...now, outputs, targets });
      if (open === "game") parts.game.update({ ...now, bitmap, shown, game: told, live: hides });
      if (open === "inside")
        parts.inside.update({ ...now, model: facts, shown, smoothing: model.get("smoothing") });
    },
  };
}
