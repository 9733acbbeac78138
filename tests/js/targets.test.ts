import type { Outputs } from "../../js/src/core/targets";
import { clicked, targetsOf } from "../../js/src/core/targets";
import { outputs } from "./fake";

const three = { ...outputs, labels: ["a", "b", "c"], ids: [10, 20, 30] } as Outputs;

describe("a click on an output", () => {
  it("explains it", () => {
    expect(clicked([10], 20, false)).toBe(20);
    expect(clicked([], 20, true)).toBe(20);
  });
  it("with shift contrasts with it", () => {
    expect(clicked([10], 20, true)).toEqual([10, 20]);
    expect(clicked([10, 20], 30, true)).toEqual([10, 30]);
  });
  it("takes the contrast away when it is clicked again, either way", () => {
    expect(clicked([10, 20], 20, true)).toBe(10);
    expect(clicked([10, 20], 20, false)).toBe(10);
  });
  it("never contrasts an output with itself", () => {
    expect(clicked([10], 10, true)).toBe(10);
    expect(clicked([10, 20], 10, true)).toEqual([10, 20]);
  });
});

describe("what is explained", () => {
  it("is what was asked for, by id or by name", () => {
    expect(targetsOf(30, three, [10])).toEqual([30]);
    expect(targetsOf("b", three, [10])).toEqual([20]);
    expect(targetsOf(["c", 10], three, [])).toEqual([30, 10]);
  });
  it("is what the estimate says when nothing was asked for, or a name is unknown here", () => {
    expect(targetsOf(null, three, [20])).toEqual([20]);
    expect(targetsOf("elsewhere", three, [20])).toEqual([20]);
    expect(targetsOf(null, three, [])).toEqual([]);
  });
});
