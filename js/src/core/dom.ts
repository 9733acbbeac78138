export type Attributes = Record<string, string | number | boolean | null | undefined>;

/** The classes of a front end, each with the prefix that keeps them apart from the notebook's own. */
const classes = (names: string) => names.replace(/\S+/g, "xai-$&");

/**
 * An element with attributes, or just with classes (given without their prefix), and children. Strings become text
 * nodes: nothing here ever parses HTML.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes | string = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, typeof attributes === "string" ? { class: classes(attributes) } : attributes);
  element.append(...children);
  return element;
}

/** Set attributes; `true` is the bare attribute, `false`, `null` and `undefined` take it away. */
export function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Listen until the view is gone. */
export function on<E extends keyof HTMLElementEventMap>(
  target: EventTarget,
  type: E,
  listener: (event: HTMLElementEventMap[E]) => unknown,
  signal: AbortSignal,
): void {
  target.addEventListener(type, listener as EventListener, { signal });
}

/** Change an element's text only when it differs, so that an estimate 20 times a second costs no layout. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Say a sentence, or show nothing at all where there is none. */
export function show(element: HTMLElement, sentence: string): void {
  say(element, sentence);
  element.hidden = !sentence;
}

/** Where it is said what went wrong; see `show`. */
export const alarm = (...content: (Node | string)[]): HTMLElement =>
  h("div", { class: "xai-alert", role: "alert", hidden: true }, ...content);

/** A control behind its name; `kind` is its class. */
export const labelled = (kind: string, name: string, ...control: Node[]): HTMLLabelElement =>
  h("label", kind, h("span", "caption", name), ...control);

/** What a select offers. */
export const offered = (pairs: readonly (readonly [value: string, name: string])[]): HTMLOptionElement[] =>
  pairs.map(([value, name]) => h("option", { value, dir: "auto" }, name));

/** An SVG element. */
export function shape(name: string, attributes: Attributes, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** A 16 × 16 line icon from one path. */
export function icon(path: string): SVGElement {
  const box = { viewBox: "0 0 16 16", "aria-hidden": "true", class: "xai-icon" };
  return shape("svg", box, shape("path", { d: path }));
}

/** A button with the given classes. */
export function button(names: string, ...face: (Node | string)[]): HTMLButtonElement {
  return h("button", { type: "button", class: classes(names) }, ...face);
}
