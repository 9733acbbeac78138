import { picture } from "../../js/src/widgets/token_highlight/picture";
import { type Entry, entries, sorted, tsv } from "../../js/src/widgets/token_highlight/table";
import { readInput } from "../../js/src/widgets/token_highlight/wire";
import { inputOf, sentence } from "./fake";

const read = (raw: object) => readInput(raw) as NonNullable<ReturnType<typeof readInput>>;
const values = Float32Array.from([0.25, -0.5, 0.5, -0.75, Number.NaN]);
const error = Float32Array.from([0, 0.25, 0.25, Number.NaN, 0]);
const now = picture(read(sentence("A un|like be film")), values, error);
const words = (rows: Entry[]) => rows.map((row) => row.word);

describe("the list", () => {
  it("has a row a word, with sums over its tokens", () => {
    expect(entries(now).map((row) => [row.word, row.value, row.error])).toEqual([
      ["A", 0.25, 0],
      ["unlike", 0, 0.5],
      ["be", -0.75, Number.NaN],
      ["film", Number.NaN, 0],
    ]);
    expect(entries(now).map((row) => row.share)).toEqual([0.25, 0, 0.75, Number.NaN]);
  });
  it("sorts by strength without the sign, the unknown last either way", () => {
    expect(words(sorted(entries(now), { column: "value", descending: true }))).toEqual([
      "be",
      "A",
      "unlike",
      "film",
    ]);
    expect(words(sorted(entries(now), { column: "value", descending: false }))).toEqual([
      "unlike",
      "A",
      "be",
      "film",
    ]);
    expect(words(sorted(entries(now), { column: "error", descending: false }))[3]).toBe("be");
  });
  it("sorts by word and by position", () => {
    expect(words(sorted(entries(now), { column: "word", descending: false }))).toEqual([
      "A",
      "be",
      "film",
      "unlike",
    ]);
    expect(words(sorted(entries(now), { column: "position", descending: true }))).toEqual([
      "film",
      "be",
      "unlike",
      "A",
    ]);
  });
});

describe("copied values", () => {
  it("have a line a token, exact to seven digits, empty where unknown", () => {
    expect(tsv(now, values, error).split("\n")).toEqual([
      "feature\ttoken\tword\tvalue\terror",
      "0\tA\tA\t0.25\t0",
      "1\tun\tunlike\t-0.5\t0.25",
      "2\t##like\tunlike\t0.5\t0.25",
      "3\tbe\tbe\t-0.75\t",
      "4\tfilm\tfilm\t\t0",
      "",
    ]);
  });
  it("keep one line a token when a token is a tab or a line end", () => {
    const input = read(
      inputOf("a\n\tb", [
        ["a", [0, 1], 0],
        ["\n\t", [1, 3], 1],
        ["b", [3, 4], 2],
      ]),
    );
    const ones = Float32Array.from([1, 1, 1]);
    expect(tsv(picture(input, ones, ones), ones, ones).split("\n")[2]).toBe("1\t\\n\\t\t\\n\\t\t1\t1");
  });
});
