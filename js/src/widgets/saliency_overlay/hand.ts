import { button, h, labelled, offered, on, set } from "../../core/dom";
import { segments } from "../../core/segments";
import { slider } from "../../core/slider";
import type { Speech } from "../../core/words";
import type { Mode } from "./parts";

const FILLS = ["baseline", "blur", "mean", "noise"] as const;
export type Fill = (typeof FILLS)[number];

/** The brush at first and at most, per cent of the box's shorter side. */
const [BRUSH, WIDEST] = [12, 50];

/** With what a part is hidden: the controls, and how they stand. */
export function hand(options: {
  t: Speech;
  /** It is looked at in another way. */
  changed(): void;
  /** Something else is hidden, or by something else. */
  renew(): void;
  undo(): void;
  clear(): void;
  signal: AbortSignal;
}) {
  const { t, changed, renew, signal } = options;
  let mode: Mode = "paint";
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
  const size = slider(t("saliency.brush"), changed, signal);
  size.el.min = "2";
  size.put(WIDEST, BRUSH);
  const fills = h("select", "select", ...offered(FILLS.map((fill) => [fill, t(`saliency.fill.${fill}`)])));
  fills.title = t("saliency.fill.title");
  on(fills, "change", renew, signal);
  const map = h("input", { type: "checkbox" });
  on(map, "change", changed, signal);
  const undo = button("link", t("saliency.undo"));
  on(undo, "click", options.undo, signal);
  const clear = button("link", t("saliency.clear"));
  on(clear, "click", options.clear, signal);
  const el = h(
    "fieldset",
    "hand",
    modes.el,
    labelled("setting", t("saliency.brush"), size.el),
    labelled("setting", t("saliency.fill"), fills),
    h("label", "setting", map, h("span", "caption", t("saliency.over"))),
    undo,
    clear,
  );

  return {
    el,
    mode: () => mode,
    /** The brush's diameter, as a share of the box's shorter side. */
    wide: () => size.el.valueAsNumber / 100,
    fill: () => fills.value as Fill,
    /** Whether the map lies over what is left. */
    over: () => map.checked,
    /** `past`: whether a stroke can be taken back; `hidden`: whether anything is hidden. */
    update({ why, past, hidden }: { why: string | null; past: boolean; hidden: boolean }): void {
      el.disabled = why !== null;
      el.title = why ?? "";
      modes.update(mode);
      set(size.el, { "aria-valuetext": `${size.el.value} %` });
      undo.disabled = !past;
      clear.disabled = !hidden;
    },
  };
}
