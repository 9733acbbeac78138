import { on, set, shape } from "../../core/dom";
import { decimalsFor, plain } from "../../core/numbers";

const [WIDE, HIGH] = [260, 104];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 6, 6, 16];

export interface Curve {
  /** Shares of the regions, from 0 to 1, at which the score is known. */
  shares: number[];
  scores: Float32Array;
  /** The lower end, the mean and the upper end of random orders. */
  random: [Float32Array, Float32Array, Float32Array] | null;
}

/** A game's curve, in front of the band of random orders; `go` with the step that is clicked. */
export function band(go: (step: number) => void, signal: AbortSignal) {
  const line = (name: string, tag = "path") => shape(tag, { class: `xai-band-${name}` });
  const [random, mean, own, at, zero] = [
    line("random"),
    line("mean"),
    line("own"),
    line("at", "line"),
    line("zero"),
  ];
  const dot = shape("circle", { r: 3.5, class: "xai-band-dot" });
  const ticks = Array.from({ length: 4 }, () => shape("text", { class: "xai-band-tick" }));
  const el = shape(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "xai-band", "aria-hidden": "true" },
    ...[random, zero, mean, own, at, dot, ...ticks],
  );
  let shares: number[] = [];
  const across = (share: number) => LEFT + share * (WIDE - LEFT - RIGHT);

  const pick = (event: PointerEvent) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const rect = el.getBoundingClientRect();
    const x = ((event.clientX - rect.left) / (rect.width || 1)) * WIDE;
    const far = shares.map((share) => Math.abs(across(share) - x));
    if (far.length) go(far.indexOf(Math.min(...far)));
  };
  on(el, "pointerdown", pick, signal);
  on(el, "pointermove", pick, signal);

  return {
    el,
    update({ shares: given, scores, random: drawn }: Curve, step: number): void {
      shares = given;
      const known = [...scores, ...(drawn ? [...drawn[0], ...drawn[2]] : [])].filter(Number.isFinite);
      const [low, high] = [Math.min(...known), Math.max(...known)];
      const down = (score: number) => TOP + (HIGH - TOP - BOTTOM) * (1 - (score - low) / (high - low || 1));
      const place = (score: number, i: number) =>
        `${across(shares[i] as number).toFixed(1)} ${down(score).toFixed(1)}`;
      const path = (values: Float32Array) =>
        [...values].flatMap((score, i) => (Number.isFinite(score) ? [place(score, i)] : []));
      const lined = (values: Float32Array) => `M${path(values).join("L")}`;
      set(own, { d: lined(scores) });
      set(mean, { d: drawn && lined(drawn[1]) });
      set(random, { d: drawn && `M${[...path(drawn[0]), ...path(drawn[2]).reverse()].join("L")}Z` });
      set(zero, { d: low < 0 && high > 0 ? `M${LEFT} ${down(0).toFixed(1)}H${WIDE - RIGHT}` : null });
      const [x, y] = [across(shares[step] ?? 0), down(scores[step] ?? low)];
      set(at, { x1: x, x2: x, y1: TOP, y2: HIGH - BOTTOM });
      set(dot, { cx: x, cy: y });
      const decimals = decimalsFor(Math.max(Math.abs(low), Math.abs(high)));
      const texts: [string, number, number, string][] = [
        [plain(high, decimals), LEFT - 4, TOP + 7, "end"],
        [plain(low, decimals), LEFT - 4, HIGH - BOTTOM, "end"],
        ["0%", LEFT, HIGH - 3, "start"],
        ["100%", WIDE - RIGHT, HIGH - 3, "end"],
      ];
      texts.forEach(([text, x, y, anchor], i) => {
        const tick = ticks[i] as SVGElement;
        set(tick, { x, y, "text-anchor": anchor });
        tick.textContent = text;
      });
    },
  };
}
