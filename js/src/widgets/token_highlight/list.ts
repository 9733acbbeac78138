import { h, say } from "../../core/dom";
import { decimalsFor, percent, plain, signed } from "../../core/numbers";
import type { Speech, Word } from "../../core/words";
import type { Picture } from "./picture";
import { type Column, type Entry, entries, type Order, sorted } from "./table";
import type { Unit } from "./units";

export interface ListOptions {
  t: Speech;
  point(unit: Unit | null): void;
  signal: AbortSignal;
}

export interface List {
  el: HTMLElement;
  update(picture: Picture): void;
  mark(on: (unit: Unit) => boolean): void;
}

/** Rows that are shown at a time. */
const PAGE = 200;

const COLUMNS: [Column, Word][] = [
  ["position", "position"],
  ["word", "word"],
  ["value", "value"],
  ["error", "error"],
  ["share", "share.column"],
];

/** The values as a table: what the colours say, for those who cannot see them or want to sort. */
export function list({ t, point, signal }: ListOptions): List {
  const head = h("tr");
  const body = h("tbody");
  const table = h(
    "table",
    {},
    h("caption", { class: "xai-spoken" }, t("list.of")),
    h("thead", {}, head),
    body,
  );
  const more = h("button", { type: "button", class: "xai-link" });
  const el = h("div", { class: "xai-list" }, table, more);
  let order: Order = { column: "value", descending: true };
  let pages = 1;
  let shown: Entry[] = [];
  let picture: Picture | null = null;
  let on: (unit: Unit) => boolean = () => false;

  const headers = COLUMNS.map(([column, word]) => {
    const button = h("button", { type: "button", class: "xai-sort" }, t(word));
    const th = h("th", { scope: "col", class: `xai-col-${column}` }, button);
    button.addEventListener(
      "click",
      () => {
        // Numbers are read from the largest, words and positions from the first.
        const first = column !== "word" && column !== "position";
        order = { column, descending: order.column === column ? !order.descending : first };
        draw();
      },
      { signal },
    );
    head.append(th);
    return th;
  });
  more.addEventListener(
    "click",
    () => {
      pages += 1;
      draw();
    },
    { signal },
  );
  const entryAt = (event: Event) => {
    const row = (event.target as Element).closest<HTMLTableRowElement>("tbody tr");
    return row ? shown[row.sectionRowIndex] : undefined;
  };
  body.addEventListener("pointerover", (event) => point(entryAt(event)?.unit ?? null), { signal });
  body.addEventListener("pointerleave", () => point(null), { signal });

  function rowAt(index: number): HTMLTableRowElement {
    const old = body.rows[index];
    if (old) return old;
    const row = h("tr", {}, ...COLUMNS.map(([column]) => h("td", { class: `xai-col-${column} xai-number` })));
    (row.cells[1] as HTMLElement).dir = "auto";
    body.append(row);
    return row;
  }

  function draw(): void {
    if (!picture) return;
    const { max } = picture;
    const decimals = decimalsFor(max);
    const all = sorted(entries(picture), order);
    shown = all.slice(0, pages * PAGE);
    shown.forEach((entry, i) => {
      const row = rowAt(i);
      const known = !Number.isNaN(entry.value);
      const error = Number.isNaN(entry.error) ? "–" : entry.error === 0 ? "0" : plain(entry.error, decimals);
      const texts = [
        String(entry.position),
        entry.word,
        known ? signed(entry.value, decimals) : "…",
        known ? error : "",
        known ? percent(entry.share) : "",
      ];
      for (const [column, text] of texts.entries()) say(row.cells[column] as HTMLElement, text);
      const size = known && max > 0 ? entry.value / max : 0;
      (row.cells[2] as HTMLElement).style.setProperty("--v", size.toFixed(3));
      (row.cells[2] as HTMLElement).dataset.side = size < 0 ? "neg" : "pos";
      row.classList.toggle("xai-on", on(entry.unit));
    });
    while (body.rows.length > shown.length) body.rows[body.rows.length - 1]?.remove();
    headers.forEach((th, i) => {
      const sorting = COLUMNS[i]?.[0] === order.column;
      th.ariaSort = sorting ? (order.descending ? "descending" : "ascending") : "none";
    });
    const left = all.length - shown.length;
    more.hidden = left <= 0;
    say(more, t("more", { n: Math.min(PAGE, left) }));
  }

  return {
    el,
    update(next) {
      picture = next;
      draw();
    },
    mark(marked) {
      on = marked;
      for (const [i, entry] of shown.entries()) body.rows[i]?.classList.toggle("xai-on", on(entry.unit));
    },
  };
}
