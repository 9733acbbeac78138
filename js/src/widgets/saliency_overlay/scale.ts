import { h, say } from "../../core/dom";
import { type Legend, legend } from "../../core/legend";
import { missing } from "../../core/numbers";
import { remembered } from "../../core/remembered";
import type { Theme } from "../../core/theme";
import type { Speech } from "../../core/words";
import { endsOf, stops } from "./compose";
import type { Look, Shown } from "./parts";
import { isDark } from "./ramps";

/** Every so many of 256 colours are told to the style sheet. */
const STEP = 5;

const gradient = remembered(
  (signed: boolean, look: Look, dark: boolean) =>
    `linear-gradient(90deg, ${stops(signed, look, dark, STEP).join(", ")})`,
);

export interface Scale extends Pick<Legend, "el" | "words"> {
  /** `name`: whose scale it is, where that is not plain. */
  update(shown: Shown | null, look: Look, theme: Theme, name: string): void;
}

/** What the colours mean, in the colours that are shown. */
export function scale(t: Speech): Scale {
  const key = legend(t);
  const bar = key.el.querySelector(".xai-legend-bar") as HTMLElement;
  const owner = h("div", { class: "xai-caption", dir: "auto" });
  return {
    el: h("div", {}, owner, key.el),
    words: key.words,
    update(shown, look, theme, name) {
      say(owner, shown ? name : "");
      owner.hidden = !name;
      if (!shown) {
        key.update(null);
        return;
      }
      const { estimate, heat, values } = shown;
      const adds = estimate.baseline_output !== null;
      const sum = adds ? values.reduce((one, value) => one + (missing(value) ? 0 : value), 0) : null;
      const signed = estimate.signed && look.sign !== "absolute";
      const { max, beyond } = heat;
      key.update({ ...estimate, max, beyond, signed, sum, range: endsOf(heat, look) });
      bar.style.background = gradient(heat.signed, look, isDark(theme));
    },
  };
}
