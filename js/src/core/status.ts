import { button, h, on, say } from "./dom";
import { precision } from "./numbers";
import type { Language, Speech, Word } from "./words";

export type RunState = "running" | "done" | "stopped" | "failed";

/** What the bar needs to know of a computation. */
export interface Progress {
  state: RunState | null;
  why: string | null;
  evaluations: number;
  error: number | null;
  errorKind: string;
  /** How far it is, where that is no number of evaluations. */
  words?: string;
}

/** A method as Python describes it, in every language. */
export interface Method {
  name: string;
  title: Record<Language, string>;
  summary: Record<Language, string>;
  /** Why it cannot be had here. */
  dead?: string | null;
}

/** What a person calls a method; its name where nobody described it. */
export const titleOf = (t: Speech, methods: Method[], name: string): string =>
  methods.find((one) => one.name === name)?.title[t.language] ?? name;

export interface StatusOptions {
  t: Speech;
  /** What is chosen from: methods, unless said otherwise. */
  caption?: Word;
  pick(method: string): void;
  stop(): void;
  resume(): void;
  signal: AbortSignal;
}

export interface Facts {
  /** Whether there is a model that can compute, and a kernel to ask. */
  live: boolean;
  alive: boolean;
  methods: Method[];
  method: string;
  progress: Progress;
  /** Whether the finished picture is being checked, which can be stopped too, or has been. */
  check: "running" | "done" | null;
}

export interface StatusBar {
  el: HTMLElement;
  /** Where stop and resume are, and a widget's verdict. */
  slot: HTMLElement;
  /** Where a widget puts its own small buttons. */
  tools: HTMLElement;
  update(facts: Facts): void;
  /** A short confirmation, shown and spoken. */
  confirm(text: string): void;
}

/** The row on top of a live widget: method, how far the computation is, stop and resume. */
export function statusBar({ t, caption = "method", pick, stop, resume, signal }: StatusOptions): StatusBar {
  const select = h("select", "select");
  const label = h("label", "method", h("span", "caption", t(caption)), select);
  const fixed = h("span", "method-name");
  const readout = h("span", "readout number");
  const state = h("span", "state");
  const stopper = button("button", t("stop"));
  const resumer = button("button", t("resume"));
  const spoken = h("span", { class: "xai-spoken", role: "status", "aria-live": "polite" });
  const tools = h("span", { class: "xai-tools", role: "group" });
  const status = h("div", "status");
  // One place for both, so that nothing moves when a short computation comes and goes.
  const slot = h("span", "slot", stopper, resumer);
  status.append(slot, spoken, readout, state);
  const el = h("div", "head", label, fixed, status, tools);

  on(select, "change", () => pick(select.value), signal);
  on(stopper, "click", stop, signal);
  on(resumer, "click", resume, signal);

  let known = "";
  let shown: Progress["state"] = null;
  let fade: ReturnType<typeof setTimeout> | undefined;
  let settle: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => {
    clearTimeout(fade);
    clearTimeout(settle);
  });

  function methods({ methods: offered, method }: Facts): void {
    const key = JSON.stringify(offered);
    if (key !== known) {
      known = key;
      select.replaceChildren(
        ...offered.map(({ name: value, title, dead }) =>
          h("option", { value, disabled: !!dead, title: dead }, title[t.language]),
        ),
      );
    }
    select.value = method;
    const chosen = offered.find((one) => one.name === method);
    select.title = chosen?.summary[t.language] ?? "";
    say(fixed, titleOf(t, offered, method));
    fixed.title = select.title;
  }

  function progressLine({ evaluations, error, errorKind, words }: Progress): string {
    if (words !== undefined) return words;
    const parts: string[] = [];
    if (evaluations) parts.push(t(evaluations === 1 ? "evaluation" : "evaluations", { n: evaluations }));
    if (errorKind === "exact") parts.push(t("exact"));
    else if (error !== null && Number.isFinite(error)) parts.push(precision(error));
    return parts.join(" · ");
  }

  /** Speak a state that lasts: not each estimate, not each letter typed, and no "done" on opening. */
  function announce(next: Progress["state"]): void {
    if (next === shown) return;
    const news = next !== null && (shown !== null || next === "running");
    shown = next;
    clearTimeout(settle);
    if (news) settle = setTimeout(() => say(spoken, t(`state.${next}` as Word)), 700);
  }

  return {
    el,
    slot,
    tools,
    update(facts) {
      const { live, alive, progress, check } = facts;
      // Without a kernel nothing runs, whatever the last estimate said.
      const now = live && alive ? progress.state : null;
      methods(facts);
      label.hidden = !live || !facts.methods.length;
      fixed.hidden = !label.hidden || !facts.method;
      select.disabled = !alive;
      if (!alive) select.title = t("restarted");
      stopper.hidden = now !== "running" && !(now && check === "running");
      // Where memory ended it, it would end again at once.
      resumer.hidden = now !== "stopped" || progress.why === "memory" || check === "running";
      say(readout, progressLine(progress));
      readout.title = readout.textContent ?? "";
      // A picture that has a verdict is done: the two need not stand side by side.
      state.hidden = now === null || (now === "done" && check !== null);
      if (now) {
        state.dataset.state = now;
        say(state, t(`state.${now}` as Word));
        state.title = (progress.why && t.maybe(`why.${progress.why}`)) ?? "";
      }
      slot.hidden = !live && !check;
      announce(now);
    },
    confirm(text) {
      clearTimeout(fade);
      say(spoken, text);
      spoken.classList.add("xai-visible");
      fade = setTimeout(() => spoken.classList.remove("xai-visible"), 2500);
    },
  };
}
