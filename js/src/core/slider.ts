import { h, on } from "./dom";

/** A thumb on the whole numbers from 0 on. */
export interface Slider {
  el: HTMLInputElement;
  /** Go up to `most` and stand at `value`; returns where the thumb is, which is a person's own while they drag. */
  put(most: number, value: number): number;
}

/** Says `go` with every step of the thumb. */
export function slider(label: string, go: (value: number) => void, signal: AbortSignal): Slider {
  const el = h("input", { type: "range", min: 0, step: 1, class: "xai-range", "aria-label": label });
  let dragging = false;
  const drag = () => {
    dragging = true;
    go(el.valueAsNumber);
  };
  on(el, "input", drag, signal);
  on(el, "change", () => (dragging = false), signal);
  return {
    el,
    put(most, value) {
      el.max = String(most);
      // An older value must not pull back what a person drags.
      if (!dragging) el.value = String(value);
      return el.valueAsNumber;
    },
  };
}
