import type { AnyModel } from "@anywidget/types";
import { type Packed, unpack } from "../../core/arrays";
import type { Trust as Verdict } from "../../core/badge";
import { featuresOf } from "../../core/reading";
import type { Method, RunState } from "../../core/status";
import type { Outputs } from "../../core/targets";

/** What the model read. See the Python side, `widgets/token_highlight.py`, for the same in words. */
export interface Input {
  id: number;
  text: string;
  tokens: string[];
  /** Start and end of each token in `text`, two a token; empty for special tokens. */
  spans: Uint32Array;
  /** The number of the word that a token belongs to. */
  words: Uint32Array;
  /** The tokens that the tokenizer added: always present, and no features. */
  special: number[];
  /** The feature that a token is; −1 for special tokens. */
  features: Int32Array;
  /** From here on the text was not read. */
  cut: number | null;
  /** Causal language models: the tokens from this one on were generated. */
  prompt: number | null;
}

export interface Estimate {
  input: number;
  run: number;
  method: string;
  target: string;
  contrast: string | null;
  targets: number[];
  values: Float32Array;
  error: Float32Array;
  output: number | null;
  baseline_output: number | null;
  evaluations: number;
  relative_error: number | null;
  state: RunState;
  stopped_by: "tolerance" | "budget" | "within" | "memory" | "complete" | "cancelled" | "failed" | null;
  seconds: number;
  unit: string;
  signed: boolean;
  error_kind: "band" | "rule" | "exact" | "unknown";
  notes: string[];
  step: number | null;
}

/** Whether the map can be trusted, in Python's words; see `widgets/badge.py`. */
export interface Trust extends Verdict {
  run: number;
}

/** The synced traits. */
export interface State {
  text: string;
  method: string;
  target: null | number | string | (number | string)[];
  step: number;
  language: string;
  group: string;
  selected: number[];
  live: boolean;
  busy: boolean;
  _methods: Method[];
  _input: object;
  _outputs: object;
  _estimate: object;
  _trust: object;
  _fault: null | { message: string };
}

export type Model = AnyModel<State>;

type Wired<T, A extends keyof T> = Omit<T, A> & Record<A, Packed>;

/** An empty dict stands for "not there yet". */
const filled = <T>(raw: object | null | undefined): T | null =>
  raw && Object.keys(raw).length ? (raw as T) : null;

export function readInput(raw: object): Input | null {
  const wired = filled<Omit<Wired<Input, "spans" | "words">, "features">>(raw);
  return (
    wired && {
      ...wired,
      spans: unpack(wired.spans, "uint32"),
      words: unpack(wired.words, "uint32"),
      features: featuresOf(wired.tokens.length, wired.special),
    }
  );
}

export function readEstimate(raw: object): Estimate | null {
  const wired = filled<Wired<Estimate, "values" | "error">>(raw);
  return (
    wired && { ...wired, values: unpack(wired.values, "float32"), error: unpack(wired.error, "float32") }
  );
}

export const readTrust = (raw: object): Trust | null => filled<Trust>(raw);

export const readOutputs = (raw: object): Outputs | null => filled<Outputs>(raw);
