import { unpack } from "../../core/arrays";
import { remembered } from "../../core/remembered";
import type { Progress } from "../../core/status";
import { categories, css, HALO, halos, NONE, packed, ramp, slotOf, slotsOf } from "./palette";
import { alphaFor, FADED, HIDDEN, type Look, type Points, pointsOf, sizeFor } from "./points";
import {
  type Cloud,
  type Colours,
  type Dropped,
  filled,
  type Halo,
  type Model,
  type Near,
  type Score,
  type State,
  type Trails,
} from "./wire";

type Codes = Uint8Array | Uint16Array;
type Rgb = [red: number, green: number, blue: number];

/** Colourings that are high where a point can be believed: there the low end has to stand out. */
const BELIEF = ["trustworthiness", "continuity"];

/** Points that differ from the rest: chosen from the legend, found, selected. */
export interface Marked {
  selected: Uint32Array;
  found: Uint32Array | null;
  hidden: readonly number[];
}

/** Ways through layers, and where they lead through, as points. */
export type Ways = Trails & { ways: Float32Array; places: Points };

/** What the model has told so far. What belongs to other points is never shown with these. */
export interface Known {
  cloud: Cloud | null;
  points: Points | null;
  take(changed: ReadonlySet<keyof State>): void;
  colours(): Colours | null;
  /** A category's number of each point, or the step of its number; null where there is neither. */
  codes(): Codes | null;
  /** How many points each category has; of the last place: how many have none. */
  counts(): Uint32Array;
  /** The code that stands for "not known". */
  unknown(): number;
  /** The colour of a category. */
  css(category: number, dark: boolean): string;
  /** The colours of numbers from low to high. */
  stops(dark: boolean): string[];
  /** What a point's colour says: its category, or its number. */
  category(point: number): string | null;
  number(point: number): number | null;
  /** How far a point cannot be believed where it is, where rings say so. */
  distortion(point: number): number | null;
  /** Whether rings can be had; where nobody can be asked, those that are there already. */
  ringed(): boolean;
  score(): Score | null;
  near(): Near | null;
  dropped(): Dropped | null;
  trails(): Ways | null;
  selected(): Uint32Array;
  look(marked: Marked, theme: { dark: boolean; ink: Rgb; paper: Rgb; warn: Rgb }, zoom: number): Look;
  /** CSS pixels of a point from side to side. */
  sizeAt(zoom: number): number;
  /** Nobody will ever answer: the widget stands in an exported page. */
  exported(): boolean;
  progress(words: string): Progress;
}

/** CSS pixels that a ring is wider than its point. */
const RING = 8;
const NOTHING = new Uint32Array(0);

export function known(model: Model): Known {
  let colours: (Colours & { numbers: Codes | null }) | null = null;
  let score: Score | null = null;
  let halo: (Halo & { numbers: Uint8Array }) | null = null;
  let near: Near | null = null;
  let dropped: Dropped | null = null;
  let trails: Ways | null = null;
  let selected: Uint32Array = NOTHING;

  const ofData = <T extends { data: number }>(one: T | null): T | null =>
    one && one.data === self.cloud?.data ? one : null;
  const ofRun = <T extends { data: number; run: number }>(one: T | null): T | null =>
    ofData(one) && one?.run === self.cloud?.run ? one : null;
  const inside = (point: number) => point >= 0 && point < (self.points?.count ?? 0);
  const largest = () => (colours?.numbers instanceof Uint16Array ? 65535 : 255);
  const signed = ({ low, high }: Colours) => low < 0 && high > 0 && Math.abs(low + high) < 1e-3 * high;

  const slots = remembered((codes: Codes | null, kind: Colours["kind"] | undefined, count: number) => {
    if (!codes || kind === "none") return new Uint8Array(count);
    return kind === "number" && codes instanceof Uint8Array ? codes : slotsOf(codes);
  });
  const palette = remembered((kind: Colours["kind"], isSigned: boolean, belief: boolean, dark: boolean) => {
    if (kind !== "number") return categories(dark);
    const colours = ramp(isSigned, dark);
    if (belief) colours.subarray(0, NONE).reverse();
    return colours;
  });
  const faded = remembered(
    (
      count: number,
      chosen: Uint32Array,
      found: Uint32Array | null,
      hidden: readonly number[],
      codes: Codes | null,
    ) => {
      const some = chosen.length > 0 || found !== null;
      if (!some && !(hidden.length && codes)) return null;
      const back = new Uint8Array(count).fill(some ? FADED : 0);
      for (const list of [chosen, found ?? NOTHING]) for (const i of list) if (i < count) back[i] = 0;
      if (hidden.length && codes) {
        const out = new Set(hidden.map((one) => (one < 0 ? largest() : one)));
        for (let i = 0; i < count; i++) if (out.has(codes[i] as number)) back[i] = HIDDEN;
      }
      return back;
    },
  );
  const counted = remembered((codes: Codes | null, many: number) => {
    const counts = new Uint32Array(many + 1);
    for (const code of codes ?? []) {
      const place = Math.min(code, many);
      counts[place] = (counts[place] as number) + 1;
    }
    return counts;
  });
  /** The same look is the same object: nothing is drawn anew for it. */
  const looks = remembered(
    (
      colour: Uint8Array,
      palette: Uint32Array,
      size: number,
      alpha: number,
      faded: Uint8Array | null,
      ink: number,
      halo: Look | null,
    ): Look => ({ colour, palette, size, alpha, faded, ink, halo }),
  );
  const rings = remembered((codes: Uint8Array, faded: Uint8Array | null) =>
    codes.map((code, i) => (code === NONE || code < HALO[0] * 254 || faded?.[i] ? HIDDEN : 0)),
  );
  const glow = remembered(halos);
  const haloLooks = remembered(
    (colour: Uint8Array, palette: Uint32Array, size: number, faded: Uint8Array): Look => ({
      ...{ colour, palette, size: size + RING, alpha: 0.8, faded, ink: palette[254] as number },
    }),
  );
  const haloed = () => (model.get("halo") ? ofRun(halo) : null);
  const paletteOf = (dark: boolean) => {
    const one = self.colours();
    const belief = BELIEF.includes(one?.name ?? "");
    return palette(one?.kind ?? "none", one !== null && signed(one), belief, dark);
  };

  const self: Known = {
    cloud: null,
    points: null,
    take(changed) {
      if (changed.has("_cloud")) {
        self.cloud = filled<Cloud>(model.get("_cloud"));
        self.points = self.cloud && pointsOf(unpack(self.cloud.positions, "uint16"), self.cloud.dims);
      }
      if (changed.has("_colours")) {
        const raw = filled<Colours>(model.get("_colours"));
        const codes = raw?.codes ?? null;
        const numbers = codes && unpack(codes, codes.dtype === "uint16" ? "uint16" : "uint8");
        colours = raw && { ...raw, numbers };
      }
      if (changed.has("_score")) score = filled<Score>(model.get("_score"));
      if (changed.has("_halo")) {
        const raw = filled<Halo>(model.get("_halo"));
        halo = raw && { ...raw, numbers: unpack(raw.codes, "uint8") };
      }
      if (changed.has("_near")) near = filled<Near>(model.get("_near"));
      if (changed.has("_dropped")) dropped = filled<Dropped>(model.get("_dropped"));
      if (changed.has("_trails")) {
        const raw = filled<Trails>(model.get("_trails"));
        const ways = raw && unpack(raw.positions, "float32");
        const dims = raw?.positions.shape[2] === 3 ? 3 : 2;
        trails = raw && ways && { ...raw, ways, places: pointsOf(ways, dims) };
      }
      if (changed.has("selected")) {
        const raw = filled<Cloud["positions"]>(model.get("selected"));
        selected = raw ? unpack(raw, "uint32") : NOTHING;
      }
    },
    colours: () => {
      const one = ofData(colours);
      return one && (!one.numbers || one.numbers.length === self.points?.count) ? one : null;
    },
    codes: () => (self.colours() ? (colours?.numbers ?? null) : null),
    counts: () => counted(self.codes(), self.colours()?.labels.length ?? 0),
    unknown: largest,
    css: (category, dark) => css(paletteOf(dark)[category < 0 ? NONE : slotOf(category)] ?? 0),
    stops: (dark) => Array.from(paletteOf(dark).subarray(0, NONE), css),
    category(point) {
      const one = self.colours();
      return one?.kind === "category" ? (one.labels[self.codes()?.[point] ?? -1] ?? null) : null;
    },
    number(point) {
      const one = self.colours();
      const code = self.codes()?.[point] ?? largest();
      if (one?.kind !== "number" || code === largest()) return null;
      return one.low + (code / 254) * (one.high - one.low);
    },
    distortion(point) {
      const code = haloed()?.numbers[point] ?? NONE;
      return code === NONE ? null : code / 254;
    },
    ringed: () => !self.exported() || halo !== null,
    score: () => ofRun(score),
    near: () => {
      const one = ofData(near);
      return one && inside(one.point) && one.point === model.get("point") ? one : null;
    },
    dropped: () => ofData(dropped),
    trails: () => ofRun(trails),
    selected: () => selected,
    look({ selected: chosen, found, hidden }, { dark, ink, paper, warn }, zoom) {
      const count = self.points?.count ?? 0;
      const kind = self.colours()?.kind;
      const hiding = kind === "category" ? self.codes() : null;
      const back = faded(count, chosen, found, hidden, hiding);
      const size = self.sizeAt(zoom);
      const codes = haloed()?.numbers;
      return looks(
        slots(self.codes(), kind, count),
        paletteOf(dark),
        size,
        alphaFor(count, zoom),
        back,
        packed(ink),
        codes?.length === count ? haloLooks(codes, glow(paper, warn), size, rings(codes, back)) : null,
      );
    },
    sizeAt: (zoom) => sizeFor(self.points?.count ?? 0, zoom),
    exported: () => "offline" in model,
    progress(words) {
      const { cloud } = self;
      const halted = cloud && !cloud.complete ? "stopped" : cloud ? "done" : null;
      const state = model.get("busy") ? "running" : model.get("_fault") ? "failed" : halted;
      return { state, why: null, evaluations: 0, error: null, errorKind: "", words };
    },
  };
  return self;
}
