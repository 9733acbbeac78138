import { unpack } from "../../core/arrays";
import { type Answer, type Ask, isDropped } from "../../core/ask";
import { button, h, on, say, set } from "../../core/dom";
import { decimalsFor, percent, plain, signed } from "../../core/numbers";
import { remembered } from "../../core/remembered";
import { segments } from "../../core/segments";
import { slider } from "../../core/slider";
import type { Outputs, Targets } from "../../core/targets";
import type { Speech } from "../../core/words";
import { bitmapOf, brushed, coverOf, type Mask, maskOf, shareOf, toggled } from "./cover";
import type { Mode, Place, Scene } from "./parts";
import type { Cover, Panel, Picture, Question, Regions } from "./wire";

export interface HiddenAnswer extends Answer {
  outputs: Outputs;
  /** The explained score with the part hidden, and with nothing hidden. */
  output: number;
  before: number;
}

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

const FILLS = ["baseline", "blur", "mean", "noise"] as const;
/** Milliseconds from one question to the next. */
const WAIT = 200;
/** Outputs that are listed. */
const FEW = 5;
/** Strokes that can be taken back. */
const UNDONE = 32;
/** Less than this share is no change to speak of. */
const LITTLE = 0.01;
/** The brush at first and at most, per cent of the box's shorter side. */
const [BRUSH, WIDEST] = [12, 50];

interface Row {
  id: number;
  label: string;
  /** A probability, or a score where there are none; null: it was not among those that were told. */
  before: number | null;
  after: number;
}

/** The outputs that are told of: what is explained first, then the likeliest before or after. */
export function rowsOf(before: Outputs | null, after: Outputs, targets: Targets): Row[] {
  const told = before && (before.probabilities ?? before.scores);
  const all = after.ids.map((id, i) => ({
    id,
    label: after.labels[i] ?? String(id),
    before: told?.[before?.ids.indexOf(id) ?? -1] ?? null,
    after: (after.probabilities ?? after.scores)[i] ?? Number.NaN,
  }));
  const weight = (row: Row) => Math.max(row.after, row.before ?? row.after);
  const place = ({ id }: Row) => [...targets, id].indexOf(id);
  return all.sort((one, other) => place(one) - place(other) || weight(other) - weight(one)).slice(0, FEW);
}

/** How numbers of these outputs are written. */
function writing(outputs: Outputs) {
  const decimals = decimalsFor(Math.max(...outputs.scores.map(Math.abs), 0));
  return outputs.probabilities ? percent : (score: number) => plain(score, decimals);
}

/** What the answer means, in a sentence or two. */
export function claimOf(t: Speech, answer: HiddenAnswer, before: Outputs | null, targets: Targets): string {
  const { outputs, output, before: whole } = answer;
  const rows = rowsOf(before, outputs, targets);
  const written = writing(outputs);
  const said: string[] = [];
  const [row] = rows;
  if (row && row.before !== null && row.id === targets[0]) {
    const change = row.after - row.before;
    const little = outputs.probabilities
      ? LITTLE
      : LITTLE * Math.max(Math.abs(row.before), Math.abs(row.after));
    const verb = Math.abs(change) < little ? "stays" : change < 0 ? "falls" : "rises";
    const words = { label: row.label, from: written(row.before), to: written(row.after) };
    said.push(t(`saliency.claim.${verb}`, words));
  }
  if (!said.length || targets.length > 1) {
    const decimals = decimalsFor(Math.max(Math.abs(output), Math.abs(whole)));
    said.push(t("saliency.claim.score", { from: plain(whole, decimals), to: plain(output, decimals) }));
  }
  const best = (one: Outputs | null) => one?.ids[one.scores.indexOf(Math.max(...one.scores))];
  const now = rows.find(({ id }) => id === best(outputs));
  if (outputs.kind === "class" && now && before && now.id !== best(before))
    said.push(t("saliency.claim.other", { label: now.label, share: written(now.after) }));
  return said.join(t.language === "zh" ? "" : " ");
}

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
  let mode: Mode = "paint";
  let last: Place | null = null;
  let fill: (typeof FILLS)[number] = "baseline";
  let over = false;
  let wide = BRUSH;
  /** Grows with everything that asks for another answer; and which was answered. */
  let [version, answered] = [0, 0];
  let subject = "";
  let answer: { told: HiddenAnswer; seen: ImageBitmap | null } | null = null;
  let problem = "";
  let cover = { version: -1, made: null as Cover | null, share: 0 };
  let busy = false;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const modes = segments(
    t("saliency.mode"),
    {
      look: [t("saliency.mode.look")],
      paint: [t("saliency.mode.paint")],
      erase: [t("saliency.mode.erase")],
      region: [t("saliency.mode.region")],
    },
    (name) => {
      mode = name;
      changed();
    },
    signal,
  );
  const size = slider(
    t("saliency.brush"),
    (value) => {
      wide = value;
      changed();
    },
    signal,
  );
  size.el.min = "2";
  const fills = h(
    "select",
    "select",
    ...FILLS.map((value) => h("option", { value }, t(`saliency.fill.${value}`))),
  );
  fills.title = t("saliency.fill.title");
  on(
    fills,
    "change",
    () => {
      fill = fills.value as typeof fill;
      renew();
    },
    signal,
  );
  const undo = button("link", t("saliency.undo"));
  const clear = button("link", t("saliency.clear"));
  on(undo, "click", () => put(past.pop()), signal);
  on(
    clear,
    "click",
    () => {
      remember();
      put(new Uint8Array(mask?.bits.length ?? 0));
    },
    signal,
  );
  const map = h("input", { type: "checkbox" });
  on(
    map,
    "change",
    () => {
      over = map.checked;
      changed();
    },
    signal,
  );
  const setting = (name: string, control: HTMLElement) =>
    h("label", "setting", h("span", "caption", name), control);
  const hand = h(
    "fieldset",
    "hand",
    modes.el,
    setting(t("saliency.brush"), size.el),
    setting(t("saliency.fill"), fills),
    h("label", "setting", map, h("span", "caption", t("saliency.over"))),
    undo,
    clear,
  );
  const sentence = h("p", { class: "xai-claim", role: "status" });
  const share = h("div", "caption number");
  const list = h("ul", "changes");
  const fault = h("div", { class: "xai-alert", role: "alert", hidden: true });
  const el = h("div", "hide", hand, sentence, fault, list, share);

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

  /** What is hidden now, or null. */
  function coverNow(): Cover | null {
    if (cover.version !== version) {
      const share = mask ? shareOf(mask) : 0;
      cover = { version, made: mask && share ? coverOf(mask) : null, share };
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
    timer = setTimeout(() => void question(), Math.max(0, asked + WAIT - performance.now()));
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
    try {
      const told = (await ask({ kind: "hide", panel: facts.panel.id, cover: made, fill })) as HiddenAnswer;
      const [height = 0, width = 0] = told.shape;
      if (about === subject) {
        answer = { told, seen: bitmapOf(unpack(told, "uint8"), height, width) };
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
    hand.disabled = why !== null;
    hand.title = why ?? "";
    modes.update(mode);
    size.put(WIDEST, wide);
    set(size.el, { "aria-valuetext": `${wide} %` });
    const hidden = coverNow();
    undo.disabled = !past.length;
    clear.disabled = !hidden;
    say(fault, problem);
    fault.hidden = !problem;
    const told = hidden ? answer?.told : null;
    // Whoever listens hears of a stroke when it has ended.
    set(sentence, { "aria-live": last ? "off" : "polite" });
    say(
      sentence,
      told
        ? claimOf(t, told, outputs, targets)
        : hidden
          ? problem
            ? ""
            : t("computing")
          : t("saliency.hide.hint"),
    );
    sentence.classList.toggle("xai-caption", !told);
    say(share, hidden ? t("saliency.hidden", { share: percent(cover.share) }) : "");
    listed(told ?? null, outputs, targets.join());
  }

  /** Written anew only with another answer: a brush moves much more often. */
  const listed = remembered((told: HiddenAnswer | null, outputs: Outputs | null, _: string) =>
    list.replaceChildren(
      ...(told ? rowsOf(outputs, told.outputs, facts?.targets ?? []) : []).map((row) =>
        line(row, (told as HiddenAnswer).outputs),
      ),
    ),
  );

  function brush(): number {
    const [left, top, right, bottom] = facts?.picture?.box ?? [0, 0, 0, 0];
    return (wide / 100) * Math.min(right - left, bottom - top);
  }

  function line(row: Row, outputs: Outputs): HTMLElement {
    const written = writing(outputs);
    const largest = Math.max(...outputs.scores.map(Math.abs), 0);
    const part = (value: number) => (outputs.probabilities ? value : value / (largest || 1));
    const change = row.before === null ? null : row.after - row.before;
    const points = () =>
      outputs.probabilities
        ? t("saliency.points", { n: signed(100 * (change ?? 0), 1) })
        : signed(change ?? 0, decimalsFor(largest));
    const bar = h("span", { class: "xai-change-bar", "aria-hidden": "true" }, h("span"), h("span"));
    bar.style.setProperty("--before", String(part(row.before ?? row.after)));
    bar.style.setProperty("--after", String(part(row.after)));
    const name = h("span", { class: "xai-score-name", dir: "auto", title: row.label }, row.label);
    const place = facts?.targets.indexOf(row.id as never) ?? -1;
    return h(
      "li",
      { class: "xai-change", "data-role": ["explained", "contrast"][place] },
      ...[name, bar],
      h("span", "number", `${row.before === null ? "–" : written(row.before)} → ${written(row.after)}`),
      h("span", "number change-by", change === null ? "" : points()),
    );
  }

  return {
    el,
    mode: () => (facts?.why ? "look" : mode),
    brush,
    choose({ region }) {
      const { picture, regions } = facts ?? {};
      if (mode !== "region" || facts?.why || !mask || !picture || !regions || region === null) return false;
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
      for (const place of places) {
        brushed(mask, picture, last ?? place, place, brush(), mode !== "erase");
        last = place;
      }
      if (done) last = null;
      renew();
    },
    scene(given) {
      // Under a brush no region is meant.
      const brushes = mode === "paint" || mode === "erase";
      const scene = brushes && given.hovered.length ? { ...given, hovered: [] } : given;
      const hidden = coverNow();
      if (!hidden || scene.picture !== facts?.picture) return scene;
      const seen = answer?.seen ?? null;
      const open = last !== null || answered !== version || !seen;
      return { ...scene, seen, cover: open ? hidden : null, heat: over || !seen ? scene.heat : null };
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
