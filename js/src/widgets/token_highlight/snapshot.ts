import { shape } from "../../core/dom";
import type { Legend } from "../../core/legend";
import { ascentOf, stretches } from "../../core/svg";

/** Room around the picture. */
const EDGE = 16;

interface Theme {
  ink: string;
  paper: string;
  pos: string;
  neg: string;
  alpha: number;
}

function themeOf(root: HTMLElement): Theme {
  const style = getComputedStyle(root);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const triple = (name: string) => `rgb(${read(name).split(/\s+/).join(",")})`;
  return {
    ink: style.color,
    paper: read("--xai-paper"),
    pos: triple("--xai-pos"),
    neg: triple("--xai-neg"),
    alpha: Number(read("--xai-alpha")),
  };
}

/** The boxes of one coloured word: the fill, and the bar under or over it. */
function* boxes(leaf: HTMLElement, theme: Theme, x: number, y: number): Generator<SVGElement> {
  const size = Number(leaf.style.getPropertyValue("--m"));
  const positive = leaf.classList.contains("xai-pos");
  const fill = positive ? theme.pos : theme.neg;
  const thick = 0.5 + 3.5 * size;
  for (const rect of leaf.getClientRects()) {
    const box = { x: rect.left - x, y: rect.top - y, width: rect.width, height: rect.height };
    if (leaf.classList.contains("xai-explained"))
      yield shape("rect", { ...box, fill: "none", stroke: theme.ink, rx: 2 });
    if (!size) continue;
    yield shape("rect", { ...box, fill, "fill-opacity": (size * theme.alpha).toFixed(3), rx: 2 });
    yield shape("rect", { ...box, y: positive ? box.y + box.height - thick : box.y, height: thick, fill });
  }
}

function* legendShapes(legend: Legend, theme: Theme, y: number, width: number): Generator<SVGElement> {
  const { ends, ticks, note, sequential } = legend.words();
  const long = Math.min(320, width);
  const label = { fill: theme.ink, "font-size": 12 };
  const stops = shape("linearGradient", { id: "scale" });
  const stop = (offset: number, colour: string, alpha: number) =>
    stops.append(shape("stop", { offset, "stop-color": colour, "stop-opacity": alpha }));
  if (!sequential) {
    stop(0, theme.neg, theme.alpha);
    stop(0.5, theme.neg, 0);
  }
  stop(sequential ? 0 : 0.5, theme.pos, 0);
  stop(1, theme.pos, theme.alpha);
  yield stops;
  const line = (texts: string[], below: number) =>
    texts.map((text, i) => {
      const part = i / (texts.length - 1);
      const anchor = ["start", "middle", "end"][2 * part] ?? null;
      return shape("text", { ...label, x: long * part, y: y + below, "text-anchor": anchor }, text);
    });
  yield* line(ends, 0);
  yield shape("rect", { x: 0, y: y + 6, width: long, height: 8, fill: "url(#scale)", rx: 2 });
  yield* line(ticks, 28);
  yield shape("text", { ...label, x: 0, y: y + 48, "fill-opacity": 0.7 }, note);
}

/** The text as it stands on the screen and its legend, as vectors with the theme's colours resolved. */
export function snapshot(root: HTMLElement, flow: HTMLElement, legend: Legend, title: string): SVGSVGElement {
  const theme = themeOf(root);
  const frame = flow.getBoundingClientRect();
  const style = getComputedStyle(flow);
  const ascent = ascentOf(style);
  const width = Math.max(320, Math.ceil(frame.width));
  const top = 24;
  const height = Math.ceil(top + frame.height + 84);
  const svg = shape("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    width: width + 2 * EDGE,
    height: height + 2 * EDGE,
    viewBox: `${-EDGE} ${-EDGE} ${width + 2 * EDGE} ${height + 2 * EDGE}`,
    "font-family": style.fontFamily,
  }) as SVGSVGElement;
  const page = { x: -EDGE, y: -EDGE, width: width + 2 * EDGE, height: height + 2 * EDGE, fill: theme.paper };
  svg.append(shape("title", {}, title), shape("rect", page));
  svg.append(shape("text", { x: 0, y: 8, fill: theme.ink, "font-size": 12, "fill-opacity": 0.7 }, title));

  for (const leaf of flow.querySelectorAll<HTMLElement>("[role=button]"))
    svg.append(...boxes(leaf, theme, frame.left, frame.top - top));

  const size = style.fontSize;
  const walker = document.createTreeWalker(flow, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const faint = node.parentElement?.closest(".xai-cut, .xai-special, .xai-after") ? 0.55 : null;
    for (const { text, rect, rtl } of stretches(node as Text)) {
      if (!rect.width) continue;
      const x = (rtl ? rect.right : rect.left) - frame.left;
      const y = rect.top - frame.top + top + ascent(rect.height);
      const place = { x: x.toFixed(1), y: y.toFixed(1), fill: theme.ink, "font-size": size };
      svg.append(shape("text", { ...place, direction: rtl ? "rtl" : null, "fill-opacity": faint }, text));
    }
  }
  const key = shape("g", {});
  key.append(...legendShapes(legend, theme, top + frame.height + 32, width));
  svg.append(key);
  return svg;
}
