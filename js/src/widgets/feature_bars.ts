import type { AnyModel, AnyWidget } from "@anywidget/types";
import { joinBus } from "../core/bus";
import { watch } from "../core/watch";

/** What the bridge knows of the bars beside it: the features of each (a word's tokens) and their names, in order. */
interface State {
  group: string;
  features: number[][];
  names: string[][];
  selected: number[];
}

const STYLE = `
.xai-bridge { display: none }
.bargroup.xai-on .bar { stroke: currentColor !important; stroke-width: 2px !important }
.bargroup.xai-selected .bar { stroke: currentColor !important; stroke-width: 1.5px !important; stroke-dasharray: 4 2 }
`;

/**
 * Links a bqplot chart with the other widgets, in the browser. bqplot draws one `g.bargroup` a bar, in the order
 * of its data; the bridge lives in the same box as the chart and listens to what happens there.
 */
function render({
  model,
  el,
  signal,
}: {
  model: AnyModel<State>;
  el: HTMLElement;
  signal: AbortSignal;
}): void {
  const style = document.createElement("style");
  style.textContent = STYLE;
  el.append(style);
  el.classList.add("xai-bridge");
  const box = () => el.parentElement?.closest(".widget-vbox, .widget-box, .jupyter-widgets") ?? null;
  const bars = () => [...(box()?.querySelectorAll(".bargroup") ?? [])];
  let hovered: number[] = [];

  const nameOf = (feature: number) =>
    model.get("names").flat()[model.get("features").flat().indexOf(feature)];
  const bus = joinBus({
    group: () => model.get("group"),
    nameOf,
    hear(kind, features) {
      if (kind === "hover") {
        hovered = features;
        paint();
      } else write(features);
    },
    signal,
  });

  function paint(): void {
    const features = model.get("features");
    const selected = model.get("selected");
    bars().forEach((bar, i) => {
      const own = features[i] ?? [];
      bar.classList.toggle(
        "xai-on",
        own.some((feature) => hovered.includes(feature)),
      );
      bar.classList.toggle(
        "xai-selected",
        own.some((feature) => selected.includes(feature)),
      );
    });
  }

  function write(selected: number[]): void {
    model.set("selected", selected);
    model.save_changes();
    paint();
  }

  /** The features of the bar under the pointer; none when it is not over a bar of ours. */
  function featuresAt(event: Event): number[] {
    const bar = (event.target as Element | null)?.closest?.(".bargroup");
    return bar && box()?.contains(bar) ? (model.get("features")[bars().indexOf(bar)] ?? []) : [];
  }

  function point(features: number[]): void {
    hovered = features;
    paint();
    bus.hover(features);
  }

  // On the document: the bars come and go.
  const options = { signal, passive: true };
  let inside = false;
  document.addEventListener(
    "pointerover",
    (event) => {
      const features = featuresAt(event);
      if (!features.length && !inside) return;
      inside = features.length > 0;
      point(features);
    },
    options,
  );
  document.addEventListener(
    "click",
    (event) => {
      const features = featuresAt(event);
      if (!features.length) return;
      const before = model.get("selected");
      const others = before.filter((one) => !features.includes(one));
      const after = others.length < before.length ? others : [...before, ...features];
      write(after.sort((a, b) => a - b));
      bus.select(after);
    },
    options,
  );
  const drawn = new MutationObserver(paint);
  signal.addEventListener("abort", () => drawn.disconnect());
  /** The chart is drawn after this view, and drawn anew when its data change: what was marked is marked again. */
  function follow(): void {
    const chart = box();
    if (chart) drawn.observe(chart, { childList: true, subtree: true });
    else if (!signal.aborted) requestAnimationFrame(follow);
    paint();
  }
  follow();
  watch({
    model,
    names: ["features", "names", "selected"],
    changed(names) {
      if (names.has("names")) bus.renamed();
      paint();
    },
    signal,
  });
}

const widget: AnyWidget<State> = { render };

export default widget;
