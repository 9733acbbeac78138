import widget from "../../js/src/widgets/token_highlight";
import { asModel, estimateOf, FakeModel, finished, inputOf, outputs, sentence, stateOf } from "./fake";

/** Everything a person would see and do, on a real render of the widget. */
function open(model: FakeModel, el = document.createElement("div")) {
  const life = new AbortController();
  document.body.append(el);
  const { render } = widget as { render(props: object): void };
  render({ model: asModel(model), el, signal: life.signal });
  onTestFinished(() => {
    life.abort();
    el.remove();
  });
  const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
  const one = (selector: string) => all(selector)[0] as HTMLElement;
  return {
    el,
    life,
    all,
    one,
    words: () => all(".xai-flow [role=button]").filter((word) => !word.classList.contains("xai-tag")),
    word: (text: string) =>
      all(".xai-flow [role=button]").find((word) => word.textContent === text) as HTMLElement,
    button: (label: string) =>
      all("button").find(
        (button) => (button.getAttribute("aria-label") ?? button.textContent) === label,
      ) as HTMLButtonElement,
    shows: (selector: string) => all(selector).some((element) => !element.closest("[hidden]")),
  };
}

const settled = () => new Promise((done) => setTimeout(done, 0));
const frame = () => new Promise((done) => requestAnimationFrame(() => done(null)));
const texts = (elements: Element[]) => elements.map((element) => element.textContent);
const press = (element: Element, key: string, more: KeyboardEventInit = {}) =>
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
const point = (element: Element) => element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));

describe("the text", () => {
  it("is coloured by word, on the right side and as strongly as its value", () => {
    const view = open(finished());
    expect(view.one(".xai-flow").textContent).toBe("[CLS]a gripping unbelievable film[SEP]");
    expect(texts(view.words())).toEqual(["a", "gripping", "unbelievable", "film"]);
    expect(view.word("gripping").className).toContain("xai-pos");
    expect(view.word("gripping").style.getPropertyValue("--m")).toBe("1");
    expect(view.word("film").className).toContain("xai-neg");
    expect(view.word("film").style.getPropertyValue("--m")).toBe("0.25");
    expect(view.word("unbelievable").style.getPropertyValue("--m")).toBe("0.5");
  });
  it("splits a word into its tokens at a click, and merges it again", () => {
    const view = open(finished());
    view.word("unbelievable").click();
    expect(texts(view.words())).toEqual(["a", "gripping", "un", "believable", "film"]);
    expect(view.word("un").className).toContain("xai-neg");
    expect(view.word("believable").className).toContain("xai-pos");
    view.word("un").click();
    expect(texts(view.words())).toEqual(["a", "gripping", "unbelievable", "film"]);
  });
  it("hides special tokens until they are asked for", () => {
    const view = open(finished());
    expect(view.one(".xai").classList.contains("xai-specials")).toBe(false);
    view.button("Special tokens").click();
    expect(view.one(".xai").classList.contains("xai-specials")).toBe(true);
    expect(view.button("Special tokens").getAttribute("aria-pressed")).toBe("true");
    expect(view.word("[CLS]").className).toContain("xai-special");
  });
  it("marks what is not known yet, and takes the mark away when it is", async () => {
    const model = finished({ _estimate: estimateOf([0.1, Number.NaN, 0.2, 0.3, 0.1], { state: "running" }) });
    const view = open(model);
    const word = view.word("gripping");
    expect(word.className).toContain("xai-pending");
    model.receive({ _estimate: estimateOf([0.1, -0.4, 0.2, 0.3, 0.1]) });
    await settled();
    expect(word.isConnected).toBe(true);
    expect(word.className).toContain("xai-neg");
  });
  it("repaints only the words that changed", async () => {
    const model = finished();
    const view = open(model);
    const changes: MutationRecord[] = [];
    const watch = new MutationObserver((records) => changes.push(...records));
    watch.observe(view.one(".xai-flow"), { subtree: true, attributes: true, childList: true });
    model.receive({ _estimate: estimateOf([0.01, 0.8, -0.3, 0.7, 0.4], { evaluations: 65 }) });
    await settled();
    expect(new Set(changes.map((change) => change.target.textContent))).toEqual(new Set(["film"]));
    watch.disconnect();
  });
  it("shows hostile tokens as themselves", () => {
    const parts = [
      "<img src=x onerror=alert(1)>",
      "</script>",
      "##",
      "Ġ",
      "▁",
      "🤖",
      "مرحبا",
      "世界",
      "<b>&amp;",
    ];
    const text = `${parts.slice(0, 8).join(" ")}\n${parts[8]}`;
    let at = 0;
    const tokens = parts.map((part, i) => {
      const from = text.indexOf(part, at);
      at = from + part.length;
      return [part, [from, at], i] as [string, [number, number], number];
    });
    const view = open(
      new FakeModel(
        stateOf({
          text,
          _input: inputOf(text, tokens),
          _estimate: estimateOf(
            parts.map((_, i) => i - 3),
            { target: "<b>x</b>", notes: ["<i>note</i>"] },
          ),
          _outputs: { ...outputs, labels: ["<script>alert(1)</script>", "<b>x</b>"] },
          _fault: { message: "<img src=x onerror=alert(2)>" },
        }),
      ),
    );
    view.button("List of values").click();
    point(view.words()[0] as HTMLElement);
    expect(view.one(".xai-flow").textContent).toBe(text);
    expect(texts(view.words())).toEqual(parts);
    expect(view.all("img, script, b, i, iframe")).toEqual([]);
    expect(view.one("[role=tooltip]").textContent).toContain("<img src=x onerror=alert(1)>");
    expect(view.one("[role=alert]").textContent).toBe("<img src=x onerror=alert(2)>");
  });
  it("greys what was beyond the model's limit, and says so", () => {
    const input = inputOf(
      "one two three",
      [
        ["one", [0, 3], 0],
        ["two", [4, 7], 1],
      ],
      { cut: 7 },
    );
    const view = open(
      new FakeModel(stateOf({ text: input.text, _input: input, _estimate: estimateOf([1, 2]) })),
    );
    expect(view.one(".xai-cut").textContent).toBe(" three");
    expect(view.one(".xai-notes").textContent).toContain("beyond the model's limit");
  });
  it("keeps a text of 4096 tokens under 2000 nodes, and all of it readable", () => {
    const words = Array.from({ length: 4096 }, (_, i) => `w${i}`);
    const input = sentence(words.join(" "), { specials: false });
    const values = words.map((_, i) => Math.sin(i));
    const view = open(
      new FakeModel(stateOf({ text: input.text, _input: input, _estimate: estimateOf(values) })),
    );
    const walker = document.createTreeWalker(view.el, NodeFilter.SHOW_ALL);
    let nodes = 0;
    while (walker.nextNode()) nodes++;
    expect(nodes).toBeLessThan(2000);
    expect(view.words().length).toBeGreaterThan(200);
    expect(view.one(".xai-flow").textContent).toBe(input.text);
  });
  it("reaches the last word of a long text with the keyboard", () => {
    const input = sentence(Array.from({ length: 1000 }, (_, i) => `w${i}`).join(" "), { specials: false });
    const view = open(new FakeModel(stateOf({ text: input.text, _input: input })));
    expect(view.word("w999")).toBeUndefined();
    view.word("w0").focus();
    press(view.word("w0"), "End");
    expect(document.activeElement?.textContent).toBe("w999");
  });
});

describe("pointing at a word", () => {
  it("tells its value, error, share and rank, and the tokens that it is made of", () => {
    const view = open(finished());
    point(view.word("unbelievable"));
    const tip = view.one("[role=tooltip]");
    expect(tip.hidden).toBe(false);
    expect(tip.textContent).toContain("+0.400");
    expect(tip.textContent).toContain("± 0.0200");
    expect(tip.textContent).toContain("28.4% of the total · rank 2 of 4");
    expect(texts([...tip.querySelectorAll(".xai-tip-tokens > *")])).toEqual([
      "un",
      "−0.300",
      "##believable",
      "+0.700",
    ]);
    expect(view.word("unbelievable").getAttribute("aria-describedby")).toBe(tip.id);
    view.one(".xai-flow").dispatchEvent(new PointerEvent("pointerleave"));
    expect(tip.hidden).toBe(true);
  });
  it.each([
    ["exact", "exact"],
    ["unknown", "error unknown"],
  ])("says of an error of kind %s: %s", (kind, words) => {
    const view = open(finished({ _estimate: estimateOf([1, 1, 1, 1, 1], { error_kind: kind }) }));
    point(view.word("film"));
    expect(view.one("[role=tooltip]").textContent).toContain(words);
  });
  it("lights up the same words in a linked widget, without a message to the kernel", () => {
    const [a, b] = [finished({ group: "g" }), finished({ group: "g" })];
    const [left, right] = [open(a), open(b)];
    point(left.word("film"));
    expect(right.word("film").className).toContain("xai-on");
    expect(right.one("[role=tooltip]").hidden).toBe(true);
    left.one(".xai-flow").dispatchEvent(new PointerEvent("pointerleave"));
    expect(right.word("film").className).not.toContain("xai-on");
    expect([...a.saved, ...b.saved]).toEqual([]);
  });
  it("lights up what came to stand in a word's place, when that is pointed at next", async () => {
    const [a, b] = [finished({ group: "g" }), finished({ group: "g" })];
    const [left, right] = [open(a), open(b)];
    point(left.word("film"));
    const input = sentence("a gripping un|believable evening", { id: 2 });
    const other = { text: input.text, _input: input, _estimate: null };
    a.receive(other);
    b.receive(other);
    await settled();
    expect(right.word("evening").className).not.toContain("xai-on");
    point(left.word("evening"));
    expect(right.word("evening").className).toContain("xai-on");
  });
});

describe("with the keyboard", () => {
  it("the text is one tab stop, and arrows go from word to word", () => {
    const view = open(finished());
    const stops = () => view.all(".xai-flow [tabindex='0']");
    expect(texts(stops())).toEqual(["a"]);
    view.word("a").focus();
    press(view.word("a"), "ArrowRight");
    expect(document.activeElement?.textContent).toBe("gripping");
    expect(texts(stops())).toEqual(["gripping"]);
    expect(view.one("[role=tooltip]").hidden).toBe(false);
    press(view.word("gripping"), "ArrowRight");
    press(view.word("unbelievable"), "Enter");
    expect(document.activeElement?.textContent).toBe("un");
    press(view.word("un"), "End");
    expect(document.activeElement?.textContent).toBe("film");
    press(view.word("film"), "ArrowRight");
    expect(document.activeElement?.textContent).toBe("film");
    press(view.word("film"), "Home");
    expect(document.activeElement?.textContent).toBe("a");
  });
  it("Escape closes the tooltip and Space splits", () => {
    const view = open(finished());
    view.word("unbelievable").focus();
    expect(view.one("[role=tooltip]").hidden).toBe(false);
    press(view.word("unbelievable"), "Escape");
    expect(view.one("[role=tooltip]").hidden).toBe(true);
    press(view.word("unbelievable"), " ");
    expect(view.word("believable")).toBeDefined();
  });
  it("keeps focus on its word when the text is read again", async () => {
    const model = finished();
    const view = open(model);
    view.word("gripping").focus();
    model.receive({
      text: "a grim unbelievable film",
      _input: sentence("a grim un|believable film", { id: 2 }),
    });
    await settled();
    expect(document.activeElement?.textContent).toBe("grim");
  });
  it("x and Ctrl-click choose words: written to the model and told to linked widgets", async () => {
    const [a, b] = [finished({ group: "s" }), finished({ group: "s" })];
    const [left, right] = [open(a), open(b)];
    left.word("unbelievable").focus();
    press(left.word("unbelievable"), "x");
    left.word("a").dispatchEvent(new MouseEvent("click", { bubbles: true, ctrlKey: true }));
    await settled();
    expect(a.saved.at(-1)).toEqual({ selected: [0, 2, 3] });
    expect(b.state.selected).toEqual([0, 2, 3]);
    expect(right.word("unbelievable").className).toContain("xai-selected");
    press(left.word("unbelievable"), "x");
    await settled();
    expect(a.state.selected).toEqual([0]);
  });
  it("keeps JupyterLab's own shortcuts away", () => {
    expect(open(finished()).one("[data-lm-suppress-shortcuts='true']")).toBeDefined();
  });
});

describe("the model's outputs", () => {
  it("are rows with their probability, the explained one marked", () => {
    const view = open(finished());
    expect(texts(view.all(".xai-score"))).toEqual(["negative10.0%", "positive90.0%"]);
    expect(view.all(".xai-score").map((row) => row.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
  });
  it("a click explains that one, shift-click contrasts, another click takes the contrast away", async () => {
    const model = finished();
    const view = open(model);
    view.all(".xai-score")[0]?.click();
    await settled();
    expect(model.saved.at(-1)).toEqual({ target: 0 });
    view.all(".xai-score")[1]?.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await settled();
    expect(model.saved.at(-1)).toEqual({ target: [0, 1] });
    expect(view.all(".xai-scores li").map((row) => row.dataset.role)).toEqual(["explained", "contrast"]);
    view.button("No contrast with “positive”").click();
    await settled();
    expect(model.saved.at(-1)).toEqual({ target: 0 });
    press(view.all(".xai-score")[1] as HTMLElement, "Enter", { shiftKey: true });
    expect(model.saved.at(-1)).toEqual({ target: [0, 1] });
  });
  it("of many classes show five and the explained one, all on demand", () => {
    const labels = Array.from({ length: 12 }, (_, i) => `class ${i}`);
    const many = {
      ...outputs,
      labels,
      ids: labels.map((_, i) => i),
      probabilities: labels.map((_, i) => (12 - i) / 78),
      scores: labels.map((_, i) => -i),
    };
    const view = open(finished({ _outputs: many, target: 11 }));
    expect(texts(view.all(".xai-score-name"))).toEqual([
      "class 0",
      "class 1",
      "class 2",
      "class 3",
      "class 4",
      "class 11",
    ]);
    view.button("Show all 12").click();
    expect(view.all(".xai-score-name")).toHaveLength(12);
  });
  it("of a language model show blanks that are seen", () => {
    const tokens = { ...outputs, kind: "token", labels: [" is", "\n"], scores: [] };
    expect(texts(open(finished({ _outputs: tokens })).all(".xai-score-name"))).toEqual(["␣is", "⏎"]);
  });
  it("a similarity is one bar and no button", () => {
    const alike = {
      ...outputs,
      kind: "similarity",
      labels: ["a dog"],
      ids: [0],
      probabilities: null,
      scores: [-0.25],
    };
    const view = open(finished({ _outputs: alike }));
    expect(texts(view.all(".xai-score"))).toEqual(["a dog−0.250"]);
    expect(view.all("button.xai-score")).toEqual([]);
  });
});

describe("the legend", () => {
  it("says which side is which, the ends in numbers, and whether the values add up", () => {
    const legend = open(finished()).one(".xai-legend").textContent;
    for (const words of [
      "against positive",
      "for positive",
      "−0.800",
      "+0.800",
      "logit",
      "sum of values +1.01 of +1.50",
    ].map((line) => line.replace("+1.01", "+1.010").replace("+1.50", "+1.500")))
      expect(legend).toContain(words);
  });
  it("names both sides of a contrast", () => {
    const view = open(finished({ _estimate: estimateOf([1, -1, 0, 0, 0], { contrast: "negative" }) }));
    expect(texts(view.all(".xai-legend-ends span"))).toEqual(["for negative", "for positive"]);
  });
  it("keeps two sides for values that add up to a change, even when all are positive", () => {
    const view = open(finished({ _estimate: estimateOf([0, 1, 2, 0, 0.5]) }));
    expect(texts(view.all(".xai-legend-ticks span"))).toEqual(["−2.00", "0", "+2.00"]);
  });
  it.each([
    ["", "logit"],
    ["a long sentence to compare with", "cosine"],
  ])("names no target when there is none, or it is a whole text (%j)", (target, unit) => {
    const view = open(finished({ _estimate: estimateOf([1, -1, 0, 0, 0], { target, unit }) }));
    expect(texts(view.all(".xai-legend-ends span"))).toEqual(["lowers the score", "raises the score"]);
  });
  it("starts at zero when the method has no sign", () => {
    const view = open(finished({ _estimate: estimateOf([0, 1, 2, 0, 0.5], { signed: false }) }));
    expect(texts(view.all(".xai-legend-ticks span"))).toEqual(["0", "1.00", "2.00"]);
    expect(view.one(".xai-legend").textContent).not.toContain("sum");
  });
});

describe("a computation", () => {
  const running = {
    busy: true,
    _estimate: estimateOf([1, 1, 1, 1, 1], { state: "running", evaluations: 9 }),
  };
  it.each([
    ["budget", true],
    ["memory", false],
  ])("offers to go on after a stop by %s: %s", (stopped_by, offered) => {
    const values = [0.01, 0.8, -0.3, 0.7, -0.2];
    const view = open(
      finished({ live: true, _estimate: estimateOf(values, { state: "stopped", stopped_by }) }),
    );
    expect(view.button("Resume").hidden).toBe(!offered);
  });
  it("shows how far it is and can be stopped and resumed", async () => {
    const model = finished(running);
    const view = open(model);
    expect(view.one(".xai-readout").textContent).toBe("9 evaluations · ±1.2%");
    expect(view.one(".xai-state").textContent).toBe("computing");
    view.button("Stop").click();
    expect(model.sent.at(-1)).toEqual({ kind: "stop" });
    model.receive({
      busy: false,
      _estimate: estimateOf([1, 1, 1, 1, 1], { state: "stopped", stopped_by: "cancelled" }),
    });
    await settled();
    expect(view.one(".xai-state").textContent).toBe("stopped");
    expect(view.button("Stop").hidden).toBe(true);
    view.button("Resume").click();
    expect(model.sent.at(-1)).toEqual({ kind: "resume" });
  });
  it("is announced when its state lasts, not with every estimate", async () => {
    vi.useFakeTimers();
    const model = finished(running);
    const view = open(model);
    const spoken = view.one("[role=status]");
    vi.advanceTimersByTime(800);
    expect(spoken.textContent).toBe("computing");
    const changes = vi.fn();
    const watch = new MutationObserver(changes);
    watch.observe(spoken, { childList: true, characterData: true, subtree: true });
    for (let i = 0; i < 5; i++) {
      model.receive({ _estimate: estimateOf([1, 1, 1, 1, 1], { state: "running", evaluations: 10 + i }) });
      await Promise.resolve();
      vi.advanceTimersByTime(800);
    }
    expect(changes).not.toHaveBeenCalled();
    model.receive({ busy: false, _estimate: estimateOf([1, 1, 1, 1, 1]) });
    await Promise.resolve();
    vi.advanceTimersByTime(800);
    expect(spoken.textContent).toBe("done");
    watch.disconnect();
    vi.useRealTimers();
  });
  it("with another method is asked for in the picker; the old picture stays, dimmed, until the new one comes", async () => {
    const model = finished();
    const view = open(model);
    const picker = view.one("select") as HTMLSelectElement;
    expect(texts([...picker.options])).toEqual(["Occlusion (leave one out)", "My method"]);
    picker.value = "my_method";
    picker.dispatchEvent(new Event("change"));
    await settled();
    expect(model.saved).toEqual([{ method: "my_method" }]);
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(true);
    expect(view.word("gripping").className).toContain("xai-pos");
    model.receive({ _estimate: estimateOf([0, -1, 0, 0, 0], { run: 2, method: "my_method" }) });
    await settled();
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(false);
    expect(view.word("gripping").className).toContain("xai-neg");
  });
  it("that failed says why, and the picture stays", () => {
    const view = open(finished({ _fault: { message: "The model returned NaN." } }));
    expect(view.one("[role=alert]").textContent).toBe("The model returned NaN.");
    expect(view.one(".xai-state").textContent).toBe("failed");
    expect(view.word("gripping").className).toContain("xai-pos");
  });
  it("finished long ago has nothing to compute with, and all else", () => {
    const view = open(finished({ live: false }));
    for (const control of ["select", ".xai-slot", ".xai-state", "[aria-label^=Edit]", "button.xai-score"])
      expect([control, view.shows(control)]).toEqual([control, false]);
    expect(view.one(".xai-method-name").textContent).toBe("Occlusion (leave one out)");
    expect(view.shows("[aria-label='Copy values']")).toBe(true);
    expect(view.shows(".xai-legend")).toBe(true);
  });
});

describe("editing in place", () => {
  function edit(view: ReturnType<typeof open>, text: string): HTMLTextAreaElement {
    const area = view.one("textarea") as HTMLTextAreaElement;
    area.value = text;
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
    return area;
  }
  it("sends what is typed at the next frame, once, and keeps the colours of the other words", async () => {
    const model = finished();
    const view = open(model);
    view.button("Edit the text (F2)").click();
    expect(document.activeElement).toBe(view.one("textarea"));
    edit(view, "a gripping unbelievable fil");
    edit(view, "a gripping unbelievable fi");
    expect(model.saved).toEqual([]);
    expect(view.one(".xai-flow").textContent).toBe("a gripping unbelievable fi");
    expect(view.word("gripping").className).toContain("xai-pos");
    await frame();
    expect(model.saved).toEqual([{ text: "a gripping unbelievable fi" }]);
    await settled();
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(true);
    const input = sentence("a gripping un|believable fi", { id: 2 });
    model.receive({ _input: input, _estimate: estimateOf([0, -1, 0, 0, 0], { input: 2, run: 2 }) });
    await settled();
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(false);
    expect(view.word("gripping").className).toContain("xai-neg");
    expect((view.one("textarea") as HTMLTextAreaElement).hidden).toBe(false);
  });
  it("starts with F2 on a word and ends with Escape, back on the text", () => {
    const view = open(finished());
    view.word("gripping").focus();
    press(view.word("gripping"), "F2");
    const area = view.one("textarea") as HTMLTextAreaElement;
    expect(area.selectionStart).toBe("a gripping".length);
    press(area, "Escape");
    expect(area.hidden).toBe(true);
    expect(document.activeElement?.textContent).toBe("gripping");
    expect(view.one("[role=tooltip]").hidden).toBe(true);
  });
  it("ends with Ctrl+Enter and with blur, sending what is left to send", () => {
    const model = finished();
    const view = open(model);
    view.button("Edit the text (F2)").click();
    press(edit(view, "one"), "Enter", { ctrlKey: true });
    expect(model.saved).toEqual([{ text: "one" }]);
    view.button("Edit the text (F2)").click();
    edit(view, "two").blur();
    expect(model.saved.at(-1)).toEqual({ text: "two" });
  });
  it("does not send half-composed characters", async () => {
    const model = finished();
    const view = open(model);
    view.button("Edit the text (F2)").click();
    const area = view.one("textarea") as HTMLTextAreaElement;
    edit(view, "a letter of the same frame");
    area.dispatchEvent(new CompositionEvent("compositionstart"));
    edit(view, "ni");
    await frame();
    press(area, "Escape", { isComposing: true });
    expect([area.hidden, model.saved]).toEqual([false, []]);
    area.value = "你";
    area.dispatchEvent(new CompositionEvent("compositionend"));
    await frame();
    expect(model.saved).toEqual([{ text: "你" }]);
  });
  it("does not take back what was typed when the kernel answers an older text", async () => {
    const model = finished();
    const view = open(model);
    view.button("Edit the text (F2)").click();
    edit(view, "a gripping unbelievable filmx");
    await frame();
    edit(view, "a gripping unbelievable filmxy");
    model.receive({
      _input: sentence("a gripping un|believable filmx", { id: 2 }),
      text: "a gripping unbelievable filmx",
    });
    await settled();
    expect((view.one("textarea") as HTMLTextAreaElement).value).toBe("a gripping unbelievable filmxy");
    expect(view.one(".xai-flow").textContent).toBe("a gripping unbelievable filmxy");
  });
  it("shows a text that Python has set before the model has read it", async () => {
    const model = finished();
    const view = open(model);
    model.receive({ text: "a gripping play", busy: true });
    await settled();
    expect(view.one(".xai-flow").textContent).toBe("a gripping play");
    expect(view.word("gripping").className).toContain("xai-pos");
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(true);
  });
  it("shows the old values on the new text, dimmed, until its estimate arrives", async () => {
    const model = finished();
    const view = open(model);
    model.receive({
      text: "a gripping new film",
      _input: sentence("a gripping new film", { id: 2 }),
      busy: true,
    });
    await settled();
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(true);
    expect(view.word("gripping").className).toContain("xai-pos");
    expect(view.word("new").className).toContain("xai-pending");
    model.receive({ busy: false, _estimate: estimateOf([0, -1, 1, 0], { input: 2, run: 2 }) });
    await settled();
    expect(view.one(".xai").classList.contains("xai-stale")).toBe(false);
    expect(view.word("gripping").className).toContain("xai-neg");
  });
  it("invites when there is no text, and says when it is computing", async () => {
    const model = new FakeModel(stateOf());
    const view = open(model);
    expect(view.one(".xai-empty").textContent).toBe("Type a sentence");
    model.receive({ busy: true });
    await settled();
    expect(view.one(".xai-empty").textContent).toBe("computing…");
    model.receive({ busy: false });
    await settled();
    view.one(".xai-empty").click();
    expect(document.activeElement).toBe(view.one("textarea"));
  });
});

describe("a language model", () => {
  const input = sentence("The capital is Paris , of course", { specials: false, prompt: 3 });
  const state = () =>
    stateOf({
      text: "The capital is",
      step: 1,
      _input: input,
      _estimate: estimateOf([0.1, 0.9, 0.2, 0.4], { step: 1, notes: ["Greedy."] }),
    });
  it("shows what was generated, which token is explained, and what comes after it", () => {
    const view = open(new FakeModel(state()));
    expect(view.word("Paris").className).toContain("xai-generated");
    expect(view.word("capital").className).not.toContain("xai-generated");
    expect(view.word(",").className).toContain("xai-explained");
    expect(view.word("of").className).toContain("xai-after");
    expect(view.word("of").className).toContain("xai-plain");
    expect(view.one(".xai-notes").textContent).toBe("Greedy.");
    expect(view.one(".xai-steps").textContent).toBe("Generated token 2 of 4,");
  });
  it("explains the generated token that is clicked or scrubbed to", async () => {
    const model = new FakeModel(state());
    const view = open(model);
    view.word("course").click();
    expect(model.saved).toEqual([{ step: 3 }]);
    await settled();
    expect(view.word("course").className).toContain("xai-explained");
    const range = view.one("input[type=range]") as HTMLInputElement;
    range.value = "2";
    range.dispatchEvent(new Event("input"));
    expect(model.saved.at(-1)).toEqual({ step: 2 });
  });
});

describe("the list", () => {
  it("has every word with value, error and share, strongest first, and sorts by a click", () => {
    const view = open(finished());
    expect(view.shows(".xai-list")).toBe(false);
    view.button("List of values").click();
    expect(view.shows(".xai-list")).toBe(true);
    const column = (n: number) => texts(view.all(`tbody td:nth-child(${n})`));
    expect(column(2)).toEqual(["gripping", "unbelievable", "film", "a"]);
    expect(column(3)).toEqual(["+0.800", "+0.400", "−0.200", "+0.010"]);
    expect(view.all("th").map((th) => th.getAttribute("aria-sort"))).toContain("descending");
    view.button("#").click();
    expect(column(2)).toEqual(["a", "gripping", "unbelievable", "film"]);
  });
  it("points at the word whose row is pointed at", () => {
    const view = open(finished());
    view.button("List of values").click();
    point(view.one("tbody tr:nth-child(3) td"));
    expect(view.word("film").className).toContain("xai-on");
  });
  it("shows 200 rows at a time", () => {
    const input = sentence(Array.from({ length: 450 }, (_, i) => `w${i}`).join(" "), { specials: false });
    const values = Array.from({ length: 450 }, (_, i) => i);
    const view = open(
      new FakeModel(stateOf({ text: input.text, _input: input, _estimate: estimateOf(values) })),
    );
    view.button("List of values").click();
    expect(view.all("tbody tr")).toHaveLength(200);
    view.button("Show 200 more").click();
    expect(view.all("tbody tr")).toHaveLength(400);
    view.button("Show 50 more").click();
    expect(view.all("tbody tr")).toHaveLength(450);
    expect(view.shows(".xai-list .xai-link")).toBe(false);
  });
});

describe("life and death", () => {
  it("tells Python of the first view and of the last, even when each view has its own proxy", () => {
    const model = finished({ layout: {} });
    const proxy = () => Object.create(model) as FakeModel;
    const [first, second] = [open(proxy()), open(proxy())];
    expect(model.sent).toEqual([{ kind: "here" }]);
    first.life.abort();
    expect(model.sent).toEqual([{ kind: "here" }]);
    second.life.abort();
    expect(model.sent).toEqual([{ kind: "here" }, { kind: "gone" }]);
  });
  it("leaves nothing behind", () => {
    const model = finished();
    const view = open(model);
    expect(model.listening()).toBeGreaterThan(5);
    view.life.abort();
    expect(model.listening()).toBe(0);
    expect(view.el.children).toHaveLength(0);
  });
  it("says that the kernel has restarted, keeps the picture, and switches off what needs it", async () => {
    const model = finished({ busy: true });
    const view = open(model);
    model.tell("comm_live_update");
    await new Promise((later) => setTimeout(later, 5));
    await settled();
    const alerts = view.all("[role=alert]").filter((alert) => !alert.hidden);
    expect(texts(alerts)).toEqual(["The kernel has restarted: run the cell again."]);
    expect([view.shows(".xai-state"), view.button("Stop").hidden]).toEqual([false, true]);
    expect((view.one("select") as HTMLSelectElement).disabled).toBe(true);
    expect((view.all(".xai-score")[0] as HTMLButtonElement).disabled).toBe(true);
    expect(view.button("Edit the text (F2)").disabled).toBe(true);
    expect(view.button("Edit the text (F2)").title).toBe("The kernel has restarted: run the cell again.");
    expect(view.word("gripping").className).toContain("xai-pos");
    view.word("unbelievable").click();
    expect(view.word("believable")).toBeDefined();
    view.life.abort();
    expect(model.sent).toEqual([{ kind: "here" }]);
  });
  it("opens from a saved notebook without a kernel", () => {
    const model = finished();
    model.comm_live = false;
    const view = open(model);
    expect(view.word("gripping").className).toContain("xai-pos");
    expect((view.one("select") as HTMLSelectElement).disabled).toBe(true);
    expect(model.sent).toEqual([]);
  });
  it("speaks 中文 when asked to, and changes in place", async () => {
    const model = finished();
    const view = open(model);
    model.receive({ language: "zh" });
    await settled();
    expect(view.all(".xai")).toHaveLength(1);
    expect(view.one(".xai-state").textContent).toBe("已完成");
    expect(texts([...(view.one("select") as HTMLSelectElement).options])[0]).toBe("遮挡（逐个移除）");
  });
});

describe("taking values away", () => {
  it("copies them as a table and says so", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const view = open(finished());
    view.button("Copy values").click();
    await settled();
    expect(write.mock.calls[0]?.[0].split("\n")[2]).toBe("1\tgripping\tgripping\t0.8\t0.01");
    expect(view.one("[role=status]").textContent).toBe("Values copied");
    write.mockRestore();
  });
  it("says when the browser does not allow it", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("denied"));
    const view = open(finished());
    view.button("Copy values").click();
    await settled();
    expect(view.one("[role=status]").textContent).toBe("Copying was not allowed");
    write.mockRestore();
  });
});
