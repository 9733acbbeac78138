import { type Packed, unpack } from "../../js/src/core/arrays";

function at(offset: number, numbers: number[]): Packed {
  const bytes = new Uint8Array(offset + 4 * numbers.length + 3);
  const view = new DataView(bytes.buffer, offset, 4 * numbers.length);
  numbers.forEach((number, i) => {
    view.setFloat32(4 * i, number, true);
  });
  return { dtype: "float32", shape: [numbers.length], data: view };
}

describe("arrays from the wire", () => {
  it.each([0, 4, 1, 2, 3, 7])("are the same numbers when they begin at byte %i", (offset) => {
    expect([...unpack(at(offset, [1.5, -2, 0.25]), "float32")]).toEqual([1.5, -2, 0.25]);
  });
  it("are not copied when they are aligned", () => {
    const packed = at(8, [1, 2]);
    expect(unpack(packed, "float32").buffer).toBe((packed.data as DataView).buffer);
  });
  it("keep NaN, which means not known yet", () => {
    expect(Number.isNaN(unpack(at(0, [Number.NaN]), "float32")[0])).toBe(true);
  });
  it("come as a bare buffer too, and with two dimensions", () => {
    const packed: Packed = { dtype: "uint32", shape: [2, 2], data: Uint32Array.of(1, 2, 3, 4).buffer };
    expect([...unpack(packed, "uint32")]).toEqual([1, 2, 3, 4]);
  });
  it("widen small whole numbers, signs included", () => {
    const narrow: Packed = { dtype: "int16", shape: [3], data: Int16Array.of(-1, 0, 300).buffer };
    expect(unpack(narrow, "int32")).toEqual(Int32Array.of(-1, 0, 300));
  });
  it("refuse another type or another length", () => {
    expect(() => unpack(at(0, [1]), "int32")).toThrow("expected int32, got float32");
    expect(() => unpack({ ...at(0, [1, 2]), shape: [3] }, "float32")).toThrow("3 numbers came in 8 bytes");
  });
});
