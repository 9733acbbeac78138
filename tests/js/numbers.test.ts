import { bound, decimalsFor, percent, plain, precision, signed } from "../../js/src/core/numbers";

describe("numbers as people read them", () => {
  it("gives every number of a picture the same decimals, three digits for the largest", () => {
    expect(decimalsFor(1.03)).toBe(2);
    expect(decimalsFor(0.25)).toBe(3);
    expect(decimalsFor(120)).toBe(0);
    expect(decimalsFor(0)).toBe(2);
    expect(decimalsFor(Number.POSITIVE_INFINITY)).toBe(2);
  });
  it("writes a true minus, and no sign on what rounds to zero", () => {
    expect(signed(-0.5, 2)).toBe("−0.50");
    expect(signed(0.5, 2)).toBe("+0.50");
    expect(signed(-0.001, 2)).toBe("0.00");
    expect(signed(0.001, 2)).toBe("0.00");
  });
  it("shows very small, very large and impossible numbers", () => {
    expect(signed(3e-9, 6)).toBe("+3.0e−9");
    expect(plain(2.5e8, 0)).toBe("2.5e+8");
    expect(plain(Number.NaN, 2)).toBe("–");
    expect(plain(Number.NEGATIVE_INFINITY, 2)).toBe("−∞");
  });
  it("never rounds an error to none at all", () => {
    expect(bound(0.00001, 4)).toBe("<0.0001");
    expect(bound(0.00012, 4)).toBe("0.0001");
    expect(bound(0, 4)).toBe("0.0000");
    expect(bound(Number.NaN, 4)).toBe("–");
  });
  it("never rounds a probability to a false certainty", () => {
    expect(percent(0.984)).toBe("98.4%");
    expect(percent(0.0124)).toBe("1.24%");
    expect(percent(0.99999)).toBe(">99.9%");
    expect(percent(0.00001)).toBe("<0.01%");
    expect(percent(1)).toBe("100%");
    expect(percent(0)).toBe("0%");
  });
  it("says how precise a map is in two digits", () => {
    expect(precision(0.012)).toBe("±1.2%");
    expect(precision(0.21)).toBe("±21%");
    expect(precision(0.0004)).toBe("±0.04%");
  });
});
