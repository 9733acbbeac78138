import { decimalsFor, plain } from "../../core/numbers";
import type { Tip } from "../../core/tooltip";
import { visible } from "../../core/visible";
import type { Speech } from "../../core/words";
import type { Known } from "./known";
import { copied, type Pictures } from "./pictures";
import type { Texts } from "./texts";
import { type Model, titleIn } from "./wire";

export interface Told {
  /** Its text, or its number. */
  name(point: number): string;
  /** What its colour says, with what that is: "topic sport". */
  colour(point: number): string;
  /** The same alone: "sport". */
  value(point: number): string;
  /** All of it, to be spoken. */
  said(point: number): string;
  tip(point: number): Tip;
  /** Points as lines for a spreadsheet. */
  table(points: Iterable<number>): string;
}

/** Long texts end in dots. */
const LONG = 240;

export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;

/** What is said of points. */
export function told(options: {
  t: Speech;
  model: Model;
  state: Known;
  texts: Texts;
  pictures: Pictures;
}): Told {
  const { t, model, state, texts, pictures } = options;
  const coloring = () => titleIn(t.language, model.get("_colorings"), state.colours()?.name ?? "");
  const name = (point: number) => visible(texts.of(point) || t("scatter.point", { n: point }));

  function value(point: number): string {
    const colours = state.colours();
    const category = state.category(point);
    if (category !== null) return category;
    const number = state.number(point);
    if (number === null || !colours) return "";
    return plain(number, decimalsFor(Math.max(Math.abs(colours.low), Math.abs(colours.high))));
  }
  function colour(point: number): string {
    const kind = state.colours()?.kind ?? "none";
    if (kind === "none") return "";
    return `${coloring()} ${value(point) || t("scatter.unknown")}`;
  }
  /** Whether a neighbour of the chosen point belongs there. */
  function relation(point: number): string {
    const near = state.near();
    const place = near?.true.indexOf(point) ?? -1;
    if (near && place >= 0) {
      const distances = near.distances;
      const distance = plain(distances[place] ?? 0, decimalsFor(distances.at(-1) ?? 1));
      return t("scatter.rank", { n: place + 1, distance });
    }
    return near?.false.includes(point) ? t("scatter.false.one") : "";
  }
  function off(point: number): string {
    const much = state.colours()?.name === "distortion" ? null : state.distortion(point);
    const name = titleIn(t.language, model.get("_colorings"), "distortion");
    return much === null ? "" : `${name} ${plain(much, 2)}`;
  }
  const facts = (point: number) =>
    [
      texts.of(point) ? t("scatter.point", { n: point }) : "",
      colour(point),
      off(point),
      relation(point),
    ].filter(Boolean);

  return {
    name,
    colour,
    value,
    said: (point) => [shortened(name(point), LONG), ...facts(point)].join(", "),
    tip(point) {
      const picture = pictures.of(point);
      return {
        word: shortened(name(point), LONG),
        value: "",
        facts: facts(point).join(" · "),
        tokens: [],
        picture: picture && copied(picture),
      };
    },
    table(points) {
      const lines = Array.from(points, (point) =>
        [point, texts.of(point).replace(/\s+/g, " "), value(point)].join("\t"),
      );
      return `${[["point", "text", coloring()].join("\t"), ...lines].join("\n")}\n`;
    },
  };
}
