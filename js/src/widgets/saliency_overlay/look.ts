import { h, labelled, offered, on, set } from "../../core/dom";
import { segments } from "../../core/segments";
import { slider } from "../../core/slider";
import type { Speech, Word } from "../../core/words";
import { COLORMAPS } from "./ramps";
import type { State } from "./wire";

const SIGNS = ["both", "positive", "negative", "absolute"] as const;
const SHARES = ["opacity", "threshold", "smoothing"] as const;

type Settings = Pick<State, "view" | "colormap" | "sign" | (typeof SHARES)[number]>;

export interface LookControls {
  el: HTMLElement;
  update(settings: Settings, signed: boolean): void;
}

/** How heat becomes colour: `now` while a thumb is dragged, `write` where it rests. */
export function look(options: {
  t: Speech;
  now(changes: Partial<Settings>): void;
  write(changes: Partial<Settings>): void;
  signal: AbortSignal;
}): LookControls {
  const { t, now, write, signal } = options;
  const views = segments(
    t("saliency.view"),
    {
      blend: [t("saliency.view.blend")],
      contour: [t("saliency.view.contour")],
      mask: [t("saliency.view.mask")],
    },
    (view) => write({ view }),
    signal,
  );
  const chosen = (kind: "colormap" | "sign", pairs: [string, string][]) => {
    const select = h("select", "select", ...offered(pairs));
    on(select, "change", () => write({ [kind]: select.value }), signal);
    return select;
  };
  const ramps = COLORMAPS.map(({ name }): [string, string] => [name, t(`saliency.colormap.${name}` as Word)]);
  const colours = chosen("colormap", [["", t("saliency.colormap.auto")], ...ramps]);
  const signs = chosen(
    "sign",
    SIGNS.map((sign) => [sign, t(`saliency.sign.${sign}`)]),
  );
  const shares = SHARES.map((name) => {
    const thumb = slider(t(`saliency.look.${name}`), (value) => now({ [name]: value / 100 }), signal);
    thumb.el.title = t(`saliency.look.${name}.title`);
    on(thumb.el, "change", () => write({ [name]: thumb.el.valueAsNumber / 100 }), signal);
    return [name, thumb] as const;
  });
  const el = h(
    "div",
    { class: "xai-look", role: "group", "aria-label": t("saliency.tool.look") },
    views.el,
    labelled("setting", t("saliency.colormap"), colours),
    labelled("setting", t("saliency.sign"), signs),
    ...shares.map(([name, thumb]) => labelled("setting", t(`saliency.look.${name}`), thumb.el)),
  );

  return {
    el,
    update(settings, hasSigns) {
      views.update(settings.view);
      const { colormap } = settings;
      colours.value = COLORMAPS.some(({ name }) => name === colormap) ? colormap : "";
      signs.value = settings.sign;
      signs.disabled = !hasSigns;
      for (const [name, thumb] of shares) {
        const value = Math.round(100 * settings[name]);
        thumb.put(100, value);
        set(thumb.el, { "aria-valuetext": `${thumb.el.value} %` });
      }
    },
  };
}
