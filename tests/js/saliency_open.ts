import widget from "../../js/src/widgets/saliency_overlay";
import type { FakeModel } from "./fake";
import { overlay } from "./saliency_fake";

/** A real render of the widget, and what a person finds in it. */
export function open(model: FakeModel = overlay(), el = document.createElement("div")) {
  const life = new AbortController();
  document.body.append(el);
  const { render } = widget as { render(props: object): void };
  render({ model, el, signal: life.signal });
  onTestFinished(() => {
    life.abort();
    el.remove();
  });
  const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
  const seen = (selector: string) => all(selector).filter((one) => !one.closest("[hidden]"));
  const stages = () => all(".xai-stage");
  const key = (key: string, panel = 0) =>
    stages()[panel]?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  return {
    ...{ el, life, model, all, seen, stages },
    text: (selector: string) =>
      seen(selector)
        .map(({ textContent }) => textContent)
        .join(" "),
    choose(selector: string, value: string) {
      const select = seen(selector)[0] as HTMLSelectElement;
      select.value = value;
      select.dispatchEvent(new Event("change"));
    },
    key,
    /** From the middle of the picture to its first region. */
    toFirst() {
      for (const one of ["ArrowLeft", "ArrowLeft", "ArrowUp"]) key(one);
    },
    /** A message of the kernel, and what follows from it. */
    async receive(state: Record<string, unknown>) {
      model.receive(state);
      await settled();
    },
  };
}

/** Pictures are decoded, and messages are drawn together. */
export const settled = () => new Promise((done) => setTimeout(done));
