import { channels, type Rgb } from "../../js/src/core/theme";
import { COLORMAPS, isDark, labOf, ramp } from "../../js/src/widgets/saliency_overlay/ramps";

const at = (name: string, dark: boolean, i: number) =>
  [...ramp(name, dark).subarray(3 * i, 3 * i + 3)] as Rgb;
const lightness = (name: string, dark: boolean) =>
  Array.from({ length: 256 }, (_, i) => labOf(at(name, dark, i))[0]);
const steps = (name: string, dark: boolean) =>
  Array.from({ length: 255 }, (_, i) => {
    const [one, other] = [labOf(at(name, dark, i)), labOf(at(name, dark, i + 1))];
    return Math.hypot(...one.map((part, k) => part - (other[k] as number)));
  });
const themes = [false, true];
const named = (kind: string) =>
  COLORMAPS.filter((one) => one.kind === kind).flatMap(({ name }) =>
    themes.map((dark) => [name, dark] as const),
  );

describe("OKLab", () => {
  it("has the values that its author gives", () => {
    expect(labOf([255, 255, 255])).toEqual([1, 0, 0].map((one) => expect.closeTo(one, 4)));
    expect(labOf([255, 0, 0])).toEqual([0.62796, 0.22486, 0.12585].map((one) => expect.closeTo(one, 4)));
    expect(labOf([0, 0, 255])).toEqual([0.45201, -0.03246, -0.31153].map((one) => expect.closeTo(one, 4)));
  });
});

describe("colour maps", () => {
  it.each(named("sequential"))("%s grows lighter with every step (dark: %s)", (name, dark) => {
    const all = lightness(name, dark);
    for (let i = 4; i < 256; i++) expect(all[i]).toBeGreaterThan(all[i - 4] as number);
    expect((all[255] as number) - (all[0] as number)).toBeGreaterThan(0.6);
  });
  it.each(named("diverging"))("%s goes away from the paper on both sides (dark: %s)", (name, dark) => {
    const all = lightness(name, dark);
    const way = dark ? 1 : -1;
    for (let i = 132; i < 256; i++) {
      expect(way * ((all[i] as number) - (all[i - 4] as number))).toBeGreaterThan(0);
      expect(way * ((all[255 - i] as number) - (all[259 - i] as number))).toBeGreaterThan(0);
    }
    // Neither side is much stronger than the other.
    expect(Math.abs((all[0] as number) - (all[255] as number))).toBeLessThan(0.13);
  });
  it.each([...named("sequential"), ...named("diverging")])(
    "%s has steps that look alike (dark: %s)",
    (name, dark) => {
      // Eight steps together: single ones are rounded to whole channels.
      const all = steps(name, dark);
      const halves = COLORMAPS.find((one) => one.name === name)?.kind === "diverging" ? [0, 128] : [0];
      for (const start of halves) {
        const side = halves.length > 1 ? all.slice(start, start + 127) : all;
        const sums = Array.from({ length: Math.floor(side.length / 8) }, (_, i) =>
          side.slice(8 * i, 8 * i + 8).reduce((sum, step) => sum + step, 0),
        );
        expect(Math.max(...sums) / Math.min(...sums)).toBeLessThan(1.35);
      }
    },
  );
  it("end in the house's vermilion and blue, with white or the dark paper between", () => {
    expect(at("vermilion_blue", false, 255)).toEqual(channels("213 94 0"));
    expect(at("vermilion_blue", false, 0)).toEqual(channels("0 114 178"));
    expect(Math.min(...at("vermilion_blue", false, 127))).toBeGreaterThan(240);
    expect(Math.max(...at("vermilion_blue", true, 128))).toBeLessThan(40);
  });
  it("know a dark paper", () => {
    expect(isDark({ paper: [17, 17, 17] })).toBe(true);
    expect(isDark({ paper: [250, 250, 250] })).toBe(false);
  });
});
