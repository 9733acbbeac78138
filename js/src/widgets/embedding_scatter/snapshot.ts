import { shape } from "../../core/dom";
import { decimalsFor, plain } from "../../core/numbers";
import { type Camera, growth, project } from "./camera";
import type { Known } from "./known";
import { HIGH, type Inks, lineOf, type Mark, type Place, ringOf, SPOT, starOf } from "./marks";
import { SOFT } from "./painter";
import { css } from "./palette";
import { FADED, HIDDEN, type Look, type Points } from "./points";
import { BACK } from "./raster";

export interface SnapshotFacts {
  state: Known;
  points: Points | null;
  look: Look;
  camera: Camera;
  inks: Inks;
  dark: boolean;
  marks(at: (point: number) => Place): Mark[];
  /** The cloud as pixels. */
  picture(dense: number): HTMLCanvasElement;
  title: string;
  coloring: string;
  note: string;
}

/** What turns CSS pixels into 300 dots an inch. */
export const PRINT = 300 / 96;
/** More points than this become one picture inside the drawing. */
const CIRCLES = 3000;
const EDGE = 16;
const SMALL = 11;
const LINE = 16;
/** So many categories are named in the legend. */
const MOST = 60;

const fixed = (value: number) => value.toFixed(1);
const legacy = (colour: string) => colour.replace(/(\d) (?=\d)/g, "$1,");

/** What is seen, as vectors with the theme's colours resolved. */
export function snapshot(facts: SnapshotFacts): SVGSVGElement {
  const { state, points, look, camera, inks, title, note } = facts;
  const { width, height } = camera;
  const top = EDGE + 2 * LINE;
  const text = (words: string, x: number, y: number, more: Record<string, string | number> = {}) =>
    shape("text", { x: fixed(x), y: fixed(y), "font-size": SMALL, fill: legacy(inks.ink), ...more }, words);
  const below = [...legendOf(facts, top + height + LINE, width + EDGE, text)];
  const bottom = Math.max(top + height, ...below.map(({ bottom }) => bottom)) + EDGE;
  const [wide, high] = [width + 2 * EDGE, bottom];
  const svg = shape("svg", {
    ...{ xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${fixed(wide)} ${fixed(high)}` },
    ...{ width: fixed(wide), height: fixed(high), "font-family": inks.font },
  }) as SVGSVGElement;
  svg.append(
    shape("rect", { width: fixed(wide), height: fixed(high), fill: legacy(inks.paper) }),
    text(title, EDGE, EDGE + SMALL, { "font-size": 14, "font-weight": 600 }),
    text(note, EDGE, EDGE + SMALL + LINE),
    shape("clipPath", { id: "view" }, shape("rect", { width, height })),
  );
  const view = shape("g", { transform: `translate(${EDGE} ${top})`, "clip-path": "url(#view)" });
  if (points) {
    if (points.count <= CIRCLES) {
      if (look.halo)
        view.append(shape("g", { style: `filter: ${SOFT}` }, ...circles(points, look.halo, camera)));
      view.append(...circles(points, look, camera));
    } else {
      const href = facts.picture(2).toDataURL("image/png");
      view.append(shape("image", { width, height, href, preserveAspectRatio: "none" }));
    }
    const screen = project(points, camera);
    const at = (i: number): Place => [screen.x[i] ?? -1e4, screen.y[i] ?? -1e4];
    for (const mark of facts.marks(at)) view.append(...drawn(mark, inks));
  }
  const frame = {
    x: EDGE,
    y: top,
    width,
    height,
    fill: "none",
    stroke: legacy(inks.ink),
    "stroke-opacity": 0.2,
  };
  svg.append(view, shape("rect", frame), ...below.map(({ el }) => el));
  if (state.points === null) svg.append(text("–", wide / 2, high / 2));
  return svg;
}

/** Points as circles, those that stand back below. */
function* circles(points: Points, look: Look, camera: Camera): Generator<SVGElement> {
  const screen = project(points, camera);
  for (const layer of [FADED, 0])
    for (let i = 0; i < points.count; i++) {
      const back = look.faded?.[i] ?? 0;
      const [x, y] = [screen.x[i] as number, screen.y[i] as number];
      if (
        back === HIDDEN ||
        back !== layer ||
        x < -9 ||
        y < -9 ||
        x > camera.width + 9 ||
        y > camera.height + 9
      )
        continue;
      const radius = (look.size / 2) * (screen.near ? growth(screen.near[i] as number) : 1);
      yield shape("circle", {
        ...{ cx: fixed(x), cy: fixed(y), r: radius.toFixed(2) },
        fill: legacy(css(look.palette[look.colour[i] as number] as number)),
        "fill-opacity": (layer ? BACK : look.alpha).toFixed(2),
      });
    }
}

function* drawn(mark: Mark, inks: Inks): Generator<SVGElement> {
  const path = (places: Place[], closed = false) =>
    `M${places.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join("L")}${closed ? "Z" : ""}`;
  const paper = legacy(inks.paper);
  if (mark.kind === "way") {
    const { wide, dash, colour, alpha } = lineOf(mark.look, inks);
    yield shape("path", {
      ...{ d: path(mark.places), fill: "none", stroke: legacy(colour), "stroke-width": wide },
      ...{ "stroke-opacity": alpha, "stroke-dasharray": dash.join(" ") || null },
    });
  } else if (mark.kind === "ring") {
    const { radius, wide, colour } = ringOf(mark.look, inks);
    const circle = { cx: fixed(mark.at[0]), cy: fixed(mark.at[1]), r: radius, fill: "none" };
    yield shape("circle", { ...circle, stroke: paper, "stroke-width": wide + 2 });
    yield shape("circle", { ...circle, stroke: legacy(colour), "stroke-width": wide });
  } else if (mark.kind === "spot") {
    const colour = legacy(mark.colour);
    yield shape("circle", {
      ...{ cx: fixed(mark.at[0]), cy: fixed(mark.at[1]), r: SPOT, "stroke-width": 1.5, stroke: colour },
      fill: mark.open ? paper : colour,
    });
  } else if (mark.kind === "star")
    yield shape("path", { d: path(starOf(mark.at), true), fill: legacy(inks.accent), stroke: paper });
  else if (mark.kind === "name")
    yield shape(
      "text",
      {
        ...{ x: fixed(mark.at[0]), y: fixed(mark.at[1] + HIGH * 0.35), "text-anchor": "middle" },
        ...{ "font-size": HIGH, "font-weight": mark.strong ? 600 : 400, fill: legacy(inks.ink) },
        ...{ stroke: paper, "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" },
      },
      mark.text,
    );
}

/** Each part of the legend, and how far down it goes. */
function* legendOf(
  { state, coloring, dark }: SnapshotFacts,
  top: number,
  right: number,
  text: (words: string, x: number, y: number) => SVGElement,
): Generator<{ el: SVGElement; bottom: number }> {
  const colours = state.colours();
  if (!colours || colours.kind === "none") return;
  let [x, y] = [EDGE, top + SMALL];
  const part = (el: SVGElement) => ({ el, bottom: y + 4 });
  yield part(text(coloring, x, y));
  y += LINE + 4;
  if (colours.kind === "number") {
    const stops = state.stops(dark);
    const wide = 160;
    const gradient = shape("linearGradient", { id: "scale" });
    for (let i = 0; i <= 16; i++) {
      const colour = stops[Math.round((i / 16) * (stops.length - 1))] ?? "";
      gradient.append(shape("stop", { offset: i / 16, "stop-color": legacy(colour) }));
    }
    yield part(gradient);
    yield part(shape("rect", { x, y: y - 10, width: wide, height: 8, fill: "url(#scale)" }));
    y += SMALL;
    const decimals = decimalsFor(Math.max(Math.abs(colours.low), Math.abs(colours.high)));
    yield part(text(plain(colours.low, decimals), x, y));
    yield part(text(plain(colours.high, decimals), x + wide - 20, y));
    return;
  }
  for (const [i, label] of colours.labels.slice(0, MOST).entries()) {
    const wide = 20 + label.length * SMALL * 0.58;
    if (x > EDGE && x + wide > right) [x, y] = [EDGE, y + LINE];
    yield part(shape("circle", { cx: x + 4, cy: y - 4, r: 4, fill: legacy(state.css(i, dark)) }));
    yield part(text(label, x + 12, y));
    x += wide + 8;
  }
  if (colours.labels.length > MOST) yield part(text("…", x, y));
}
