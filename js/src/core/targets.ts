/** The model's outputs as they are on the wire. */
export interface Outputs {
  input: number;
  kind: "class" | "token" | "similarity" | "score";
  labels: string[];
  ids: number[];
  probabilities: number[] | null;
  scores: number[];
  total: number;
}

/** What is explained: one output, or one rather than another. Ids, or none when nothing is known yet. */
export type Targets = [] | [number] | [number, number];

type Wanted = null | number | string | (number | string)[];

/** The ids that the `target` trait means, with the estimate's own as the answer to "what the model chose". */
export function targetsOf(wanted: Wanted, outputs: Outputs, explained: number[]): Targets {
  const asked = wanted === null ? explained : Array.isArray(wanted) ? wanted : [wanted];
  const ids = asked
    .map((one) => (typeof one === "number" ? one : outputs.ids[outputs.labels.indexOf(one)]))
    .filter((id) => id !== undefined);
  return (ids.length ? ids : explained).slice(0, 2) as Targets;
}

/** The target after a click on an output: explain it, contrast with it, or take the contrast away again. */
export function clicked(current: Targets, id: number, asContrast: boolean): number | [number, number] {
  const [explained, contrast] = current;
  if (explained === undefined) return id;
  if (id === contrast) return explained;
  if (asContrast && id !== explained) return [explained, id];
  return asContrast && contrast !== undefined ? [explained, contrast] : id;
}
