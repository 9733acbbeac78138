/** An array on the wire: the bytes travel as a binary buffer beside the JSON. */
export interface Packed {
  dtype: "float32" | "int32" | "uint32";
  shape: number[];
  data: DataView<ArrayBuffer> | ArrayBuffer;
}

const KINDS = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array } as const;

interface Kinds {
  float32: Float32Array;
  int32: Int32Array;
  uint32: Uint32Array;
}

/**
 * Look at the bytes as numbers. A message may put an array at any byte of its buffer, and typed arrays
 * want multiples of four: a misaligned one is copied, an aligned one is not.
 */
export function unpack<K extends keyof Kinds>(packed: Packed, dtype: K): Kinds[K] {
  if (packed.dtype !== dtype) throw new Error(`expected a ${dtype} array, got ${packed.dtype}`);
  const { data } = packed;
  const [buffer, start, bytes] =
    data instanceof ArrayBuffer
      ? [data, 0, data.byteLength]
      : [data.buffer, data.byteOffset, data.byteLength];
  const length = packed.shape.reduce((product, side) => product * side, 1);
  if (bytes !== length * 4) throw new Error(`an array of ${length} numbers came with ${bytes} bytes`);
  const Kind = KINDS[dtype];
  const numbers =
    start % 4 === 0 ? new Kind(buffer, start, length) : new Kind(buffer.slice(start, start + bytes));
  return numbers as Kinds[K];
}
