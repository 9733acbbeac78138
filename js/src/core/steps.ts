import { h, say, set } from "./dom";
import type { Reading } from "./reading";
import { slider } from "./slider";
import { visible } from "./visible";
import type { Speech } from "./words";

/** A text that a language model continued. */
export type Written = Reading & { tokens: string[] };

export interface StepsOptions {
  t: Speech;
  go(step: number): void;
  signal: AbortSignal;
}

export interface Steps {
  el: HTMLElement;
  update(facts: { input: Written | null; step: number; live: boolean; alive: boolean }): void;
}

/** The scrubber over what a language model generated: which of its tokens is explained. */
export function steps({ t, go, signal }: StepsOptions): Steps {
  const range = slider(t("steps"), go, signal);
  const label = h("span", "number");
  const token = h("span", { class: "xai-step-token", dir: "auto" });
  const el = h("div", "steps", range.el, label, token);

  return {
    el,
    update({ input, step, live, alive }) {
      const prompt = input?.prompt ?? null;
      const count = input && prompt !== null ? input.tokens.length - prompt : 0;
      el.hidden = count < 1;
      if (!input || prompt === null || count < 1) return;
      const shown = range.put(count - 1, step);
      range.el.disabled = !alive;
      const at = 2 * (prompt + shown);
      const name = visible(
        input.text.slice(input.spans[at], input.spans[at + 1]) || (input.tokens[prompt + shown] ?? ""),
      );
      const words = t("step", { step: shown + 1, n: count });
      set(range.el, {
        hidden: !live || count < 2,
        title: alive ? null : t("restarted"),
        "aria-valuetext": `${words}: ${name}`,
      });
      say(label, words);
      say(token, name);
    },
  };
}
