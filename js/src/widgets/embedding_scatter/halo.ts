import { h } from "../../core/dom";
import { plain } from "../../core/numbers";
import type { Speech } from "../../core/words";
import { HALO, haloPart } from "./palette";

/** The same in words, for a saved picture. */
export const haloWords = (t: Speech): string =>
  `${t("scatter.halo.key")} ${HALO.map((one) => plain(one, 2)).join(" – ")}`;

/** What the rings mean: two of them, and how far off a point is that has one. */
export function halo(t: Speech): HTMLElement {
  const [least, most] = HALO;
  const rings = [0.5, 1].map((part) => {
    const ring = h("span", "halo");
    const value = least + part * (most - least);
    ring.style.setProperty("--part", `${100 * haloPart(value)}%`);
    return h("span", "swatch", ring, h("span", "number", (part < 1 ? "" : "≥ ") + plain(value, 2)));
  });
  return h("div", "colours-head halos", h("span", "caption", t("scatter.halo.key")), ...rings);
}
