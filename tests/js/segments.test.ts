import { segments } from "../../js/src/core/segments";

function opened() {
  const picked: string[] = [];
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const one = segments(
    "Which way",
    { left: ["Left", "To the left"], right: ["Right"] },
    (name) => picked.push(name),
    life.signal,
  );
  const [left, right] = one.el.querySelectorAll("button");
  return { one, picked, life, left: left as HTMLButtonElement, right: right as HTMLButtonElement };
}

describe("a switch", () => {
  it("says what it is for, and which face is pressed", () => {
    const { one, left, right } = opened();
    one.update("right");
    expect(["role", "aria-label"].map((name) => one.el.getAttribute(name))).toEqual(["group", "Which way"]);
    expect([left, right].map((face) => face.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
    expect([left.title, right.title]).toEqual(["To the left", ""]);
    one.update(null);
    expect(right.getAttribute("aria-pressed")).toBe("false");
  });
  it("tells which face was picked, as long as it is there", () => {
    const { picked, life, left, right } = opened();
    right.click();
    left.click();
    life.abort();
    right.click();
    expect(picked).toEqual(["right", "left"]);
  });
  it("leaves out what cannot be had", () => {
    const { one, left, right } = opened();
    one.update("left", (name) => name === "left");
    expect([left.hidden, right.hidden]).toEqual([false, true]);
    one.update("left");
    expect(right.hidden).toBe(false);
  });
  it("forbids one face with the reason in place of its title, until there is none", () => {
    const { one, picked, left, right } = opened();
    one.update("right", undefined, (name) => (name === "left" ? "No way there." : null));
    expect([left.disabled, left.title, right.disabled]).toEqual([true, "No way there.", false]);
    left.click();
    expect(picked).toEqual([]);
    one.update("right");
    expect([left.disabled, left.title]).toEqual([false, "To the left"]);
  });
});
