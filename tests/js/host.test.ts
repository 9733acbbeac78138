import { type Page, restore, show, standIn } from "../../js/src/core/host";

const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

interface Fake {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  send(content: unknown): void;
  save_changes(): void;
}

describe("the offline host", () => {
  it("puts the bytes back where they were, and leaves the page's own data alone", () => {
    const state = { _estimate: { values: { dtype: "float32", shape: [2], data: null } } };
    const buffers = [
      { path: ["_estimate", "values", "data"], base64: base64(Float32Array.of(0.5, -2).buffer) },
    ];
    const whole = restore(state, buffers) as { _estimate: { values: { data: DataView } } };
    expect(whole._estimate.values.data.getFloat32(4, true)).toBe(-2);
    expect(state._estimate.values.data).toBeNull();
  });
  it("stands in for a model: it remembers, tells of changes, and can be left", () => {
    const model = standIn({ selected: [1] }) as Fake;
    const listener = vi.fn();
    model.on("change:selected", listener);
    model.set("selected", [2]);
    expect(model.get("selected")).toEqual([2]);
    expect(listener).toHaveBeenCalledTimes(1);
    model.set("selected", model.get("selected"));
    expect(listener).toHaveBeenCalledTimes(1);
    model.off("change:selected", listener);
    model.set("selected", []);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(() => {
      model.send({ kind: "stop" });
      model.save_changes();
    }).not.toThrow();
  });
  it("shows every widget in order, each style once, and a broken one stops no other", async () => {
    const page: Page = {
      modules: { good: "good", bad: "bad", css: ".x{}" },
      widgets: [
        { state: { name: "one" }, esm: "good", css: "css" },
        { state: {}, esm: "bad" },
        { state: { name: "two" }, esm: "good", css: "css" },
      ],
    };
    const home = document.createElement("main");
    const calls: string[] = [];
    await show(page, home, async (source) => {
      if (source === "bad") throw new Error("no such widget");
      return {
        default: {
          initialize: () => calls.push("initialize"),
          render({ model, el }: { model: Fake; el: HTMLElement }) {
            calls.push("render");
            el.textContent = String(model.get("name"));
          },
        } as object,
      };
    });
    expect([...home.children].map((child) => child.textContent)).toEqual([
      "one",
      "Error: no such widget",
      "two",
    ]);
    expect(calls).toEqual(["initialize", "render", "initialize", "render"]);
    const styles = [...document.head.querySelectorAll("style")].filter(
      (style) => style.textContent === ".x{}",
    );
    expect(styles).toHaveLength(1);
    expect(document.documentElement.classList.contains("xai-page")).toBe(true);
  });
});
