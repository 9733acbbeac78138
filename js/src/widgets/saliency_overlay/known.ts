import { type Packed, unpack } from "../../core/arrays";
import type { Trust } from "../../core/badge";
import type { Progress } from "../../core/status";
import { heatOf } from "./heat";
import type { Shown } from "./parts";
import { ranksOf } from "./ranks";
import {
  type Estimate,
  type FrameFacts,
  filled,
  type Model,
  type ModelFacts,
  type Panel,
  type Picture,
  type Regions,
  type State,
} from "./wire";

/** What a panel has, and whether that answers what it asks now. */
export interface Answer {
  shown: Shown | null;
  /** It answers an older question of this panel. */
  stale: boolean;
  fault: string | null;
  trust: Trust | null;
}

/** What the model has told so far. */
export interface Known {
  /** The picture that is shown: a new one takes its place when it is decoded. */
  picture: Picture | null;
  bitmap: ImageBitmap | null;
  /** Of the picture that is shown, or null. */
  regions: Regions | null;
  take(changed: ReadonlySet<keyof State>): void;
  panels(): Panel[];
  models(): ModelFacts[];
  modelOf(panel: Panel): ModelFacts | undefined;
  answer(panel: Panel): Answer;
  /** How far a panel is, in the words of the status bar. */
  progress(panel: Panel): Progress;
  /** Whether this is a page without a kernel that ever was. */
  exported(): boolean;
}

const NOTHING: Answer = { shown: null, stale: false, fault: null, trust: null };

/** What a panel asks. */
const keyOf = ({ model, method, target, layer }: Panel): string =>
  JSON.stringify([model, method, target, layer]);

const bytesOf = ({ data }: Packed): Uint8Array =>
  data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function same(one: Packed | null | undefined, other: Packed | null | undefined): boolean {
  if (!one || !other || one === other) return one === other || (!one && !other);
  const [mine, theirs] = [bytesOf(one), bytesOf(other)];
  return mine.length === theirs.length && mine.every((byte, i) => byte === theirs[i]);
}

interface Held {
  estimate: Estimate;
  /** What the panel asked when this run began. */
  key: string;
  shown: Shown | null;
}

export function known(options: {
  model: Model;
  /** A picture has been decoded. */
  changed(): void;
  signal: AbortSignal;
}): Known {
  const { model, changed, signal } = options;
  const held = new Map<number, Held>();
  /** Panels whose numbers are those of an older question. */
  let open = new Set<number>();
  let decoding: Picture | null = null;
  let made = { regions: null as Regions | null, smoothing: -1 };

  /** Show a picture, and what belongs to it, once it can be drawn. */
  async function decode(picture: Picture): Promise<void> {
    decoding = picture;
    const { data, mime } = picture;
    const bitmap = await globalThis.createImageBitmap?.(new Blob([data], { type: mime })).catch(() => null);
    if (signal.aborted || decoding !== picture) {
      bitmap?.close();
      return;
    }
    self.bitmap?.close();
    if (self.picture?.id !== picture.id) held.clear();
    self.picture = picture;
    self.bitmap = bitmap ?? null;
    gather();
    changed();
  }

  /** The same regions that are told again stay the same object, so that nothing is made anew of them. */
  function regionsNow(): Regions | null {
    const told = filled<Regions>(model.get("_regions"));
    if (!told || told.picture !== self.picture?.id) return null;
    const before = self.regions;
    const alike =
      before?.picture === told.picture &&
      String(before.grid) === String(told.grid) &&
      same(before.labels, told.labels);
    return alike ? before : told;
  }

  function shownOf(estimate: Estimate, before: Shown | null, anew: boolean): Shown | null {
    const { picture, regions } = self;
    const values = unpack(estimate.values, "float32");
    if (!picture || !regions || values.length !== regions.count) return null;
    const error = unpack(estimate.error, "float32");
    const past = before?.estimate;
    if (
      !anew &&
      before &&
      past?.state === estimate.state &&
      same(past.values, estimate.values) &&
      same(past.map?.codes, estimate.map?.codes)
    )
      return { ...before, estimate, error };
    const heat = heatOf(estimate, regions, picture, model.get("smoothing"));
    return { estimate, values, error, ranks: ranksOf(values, estimate.signed), heat };
  }

  /** Each panel's newest numbers of the picture that is shown. */
  function gather(): void {
    const panels = self.panels();
    self.regions = regionsNow();
    const smoothing = model.get("smoothing");
    const anew = made.regions !== self.regions || made.smoothing !== smoothing;
    made = { regions: self.regions, smoothing };
    for (const id of held.keys()) if (!panels.some((panel) => panel.id === id)) held.delete(id);
    const now = filled<Estimate>(model.get("_now"));
    const told = (now ? [now] : []).concat(model.get("_estimates") as Estimate[]);
    open = new Set();
    for (const panel of panels) {
      const before = held.get(panel.id);
      const estimate = told.find((one) => one.panel === panel.id && one.picture === self.picture?.id);
      const key = keyOf(panel);
      if (!estimate) {
        if (before) open.add(panel.id);
        if (before?.shown && anew) before.shown = shownOf(before.estimate, null, true);
        continue;
      }
      const asked = before?.estimate.run === estimate.run ? before.key : key;
      const next = shownOf(estimate, before?.shown ?? null, anew);
      held.set(panel.id, { estimate, key: asked, shown: next });
      if (asked !== key || estimate.method !== panel.method) open.add(panel.id);
    }
  }

  const self: Known = {
    picture: null,
    bitmap: null,
    regions: null,
    panels: () => model.get("panels"),
    models: () => model.get("_models") as ModelFacts[],
    modelOf: (panel) => self.models()[panel.model],
    exported: () => "offline" in model,
    take(changed) {
      const picture = filled<Picture>(model.get("_picture"));
      if (changed.has("_picture") && picture) void decode(picture);
      gather();
    },
    answer(panel) {
      const one = held.get(panel.id);
      if (!one) return NOTHING;
      const stale = open.has(panel.id);
      const trust = stale ? null : filled<Trust>(one.estimate.trust);
      const gone = trust?.kind === "checking" && !model.get("live");
      return {
        shown: one.shown,
        stale,
        fault: stale ? null : one.estimate.fault,
        trust: gone ? null : trust,
      };
    },
    progress(panel) {
      const { shown, stale, trust } = self.answer(panel);
      const now = stale ? null : (held.get(panel.id)?.estimate ?? null);
      const busy = model.get("busy") && !(now?.state === "done" && trust?.kind === "checking");
      const film = model.get("_film") as FrameFacts[];
      // Where the panel itself is done, what remains are the other pictures.
      const rest = film.some(({ state }) => state === "waiting" || state === "running");
      const still = now?.state === "done" && rest && !self.exported() ? "stopped" : now?.state;
      return {
        state: busy ? "running" : (still ?? (shown ? "stopped" : null)),
        why: busy ? null : (now?.stopped_by ?? null),
        evaluations: now?.evaluations ?? 0,
        error: now?.relative_error ?? null,
        errorKind: now?.error_kind ?? "",
      };
    },
  };
  return self;
}
