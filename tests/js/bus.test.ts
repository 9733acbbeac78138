import { type Axis, type BusOptions, joinBus } from "../../js/src/core/bus";

function member(group: string, names: string[], signal = new AbortController().signal, axis?: Axis) {
  const heard: [string, number[]][] = [];
  const options: BusOptions = {
    group: () => group,
    nameOf: (index) => names[index],
    hear: (kind, indices) => heard.push([kind, indices]),
    signal,
    ...(axis ? { axis } : {}),
  };
  return { heard, bus: joinBus(options) };
}

describe("linked widgets", () => {
  const names = ["the", "cat", "sat"];
  it("hear each other, and never themselves", () => {
    const [a, b] = [member("g1", names), member("g1", names)];
    a.bus.hover([1]);
    expect(b.heard).toEqual([["hover", [1]]]);
    expect(a.heard).toEqual([]);
  });
  it("do not hear another group, nor those that are linked with nobody", () => {
    const [a, b, c, d] = [member("g2", names), member("g3", names), member("", names), member("", names)];
    a.bus.hover([1]);
    c.bus.hover([1]);
    expect([b.heard, c.heard, d.heard]).toEqual([[], [], []]);
  });
  it("hear only of what they count themselves", () => {
    const [a, b, c] = [
      member("g6", names, undefined, "point"),
      member("g6", names, undefined, "point"),
      member("g6", names),
    ];
    a.bus.select([1]);
    c.bus.select([2]);
    expect([b.heard, c.heard]).toEqual([[["select", [1]]], []]);
  });
  it("take only features of the same name", () => {
    const [a, b] = [member("g4", names), member("g4", ["the", "dog", "sat"])];
    a.bus.hover([1, 2]);
    expect(b.heard).toEqual([["hover", [2]]]);
  });
  it("end a hover when the hand goes on to what is not here, and keep a selection", () => {
    const [a, b] = [member("g5", names), member("g5", ["other"])];
    a.bus.hover([1]);
    a.bus.select([1]);
    a.bus.select([]);
    expect(b.heard).toEqual([
      ["hover", []],
      ["select", []],
    ]);
  });
  it("know by another name what is pointed at, once they show what it was pointed at on", () => {
    const own = ["the", "dog", "sat"];
    const [a, b] = [member("g8", names), member("g8", own)];
    a.bus.hover([1]);
    own[1] = "cat";
    b.bus.renamed();
    expect(b.heard).toEqual([
      ["hover", []],
      ["hover", [1]],
    ]);
  });
  it("point at nothing any more when something else comes to stand there, and then at that", () => {
    const own = [...names];
    const [a, b] = [member("g9", own), member("g9", ["the", "dog", "sat"])];
    a.bus.hover([1]);
    a.bus.hover([1]);
    a.bus.renamed();
    own[1] = "dog";
    a.bus.renamed();
    a.bus.hover([1]);
    expect(a.heard).toEqual([["hover", []]]);
    expect(b.heard).toEqual([
      ["hover", []],
      ["hover", []],
      ["hover", [1]],
    ]);
  });
  it("meet across bundles, which each have their own copy of the code", async () => {
    vi.resetModules();
    const other = await import("../../js/src/core/bus");
    expect(other.joinBus).not.toBe(joinBus);
    const a = member("g6", names);
    const heard: number[][] = [];
    other.joinBus({
      group: () => "g6",
      nameOf: (index) => names[index],
      hear: (_, indices) => heard.push(indices),
      signal: new AbortController().signal,
    });
    a.bus.hover([0]);
    expect(heard).toEqual([[0]]);
  });
  it("are silent once their view is gone", () => {
    const life = new AbortController();
    const [a, b] = [member("g7", names), member("g7", names, life.signal)];
    life.abort();
    a.bus.hover([0]);
    expect(b.heard).toEqual([]);
  });
});
