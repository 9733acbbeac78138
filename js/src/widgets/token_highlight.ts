import type { AnyWidget } from "@anywidget/types";
import { joinLife } from "../core/life";
import { languageOf, speech } from "../core/words";
import { view } from "./token_highlight/view";
import type { Model, State } from "./token_highlight/wire";

/** Text, coloured by what moved the model. */
const widget: AnyWidget<State> = {
  render({ model: wired, el, signal }) {
    const model = wired as Model;
    let scene = new AbortController();
    let current: { update(): void } | null = null;
    const life = joinLife({ model, changed: () => current?.update(), signal });

    function build(): void {
      scene.abort();
      scene = new AbortController();
      const t = speech(languageOf(model.get("language"), el));
      current = view({ model, el, life, t, signal: AbortSignal.any([signal, scene.signal]) });
    }
    build();
    model.on("change:language", build);
    signal.addEventListener("abort", () => model.off("change:language", build));
  },
};

export default widget;
