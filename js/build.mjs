import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import * as esbuild from "esbuild";

const outdir = fileURLToPath(new URL("../xaiwidgets/static/", import.meta.url));
const source = (path) => fileURLToPath(new URL(`src/${path}`, import.meta.url));
const watching = process.argv.includes("--watch");

/** The dictionary with every key once, and only the words that this front end says; all of them while it changes. */
const words = (said) => ({
  name: "words",
  setup(build) {
    build.onLoad({ filter: /words\.json$/ }, async ({ path }) => {
      const { en, zh } = JSON.parse(await readFile(path, "utf8"));
      const used = Object.keys(en).filter(said);
      const pairs = used.map((key) => [key, [en[key], zh[key]]]);
      const contents = `const table = ${JSON.stringify(Object.fromEntries(pairs))};
        const pick = (i) => Object.fromEntries(Object.entries(table).map(([key, pair]) => [key, pair[i]]));
        export default { en: pick(0), zh: pick(1) };`;
      return { contents, loader: "js", watchFiles: [path] };
    });
  },
});

/** Whether a word stands in the code of a front end: as it is, or as `beginning.${…}`. */
async function saidBy(options) {
  const { metafile } = await esbuild.build({
    ...options,
    write: false,
    metafile: true,
    plugins: [words(() => false)],
  });
  const paths = Object.keys(metafile.inputs).filter((path) => path.endsWith(".ts"));
  const code = (await Promise.all(paths.map((path) => readFile(path, "utf8")))).join("\n");
  const beginnings = (key) => [...key.matchAll(/\./g)].map(({ index }) => key.slice(0, index + 1));
  return (key) => code.includes(`"${key}"`) || beginnings(key).some((one) => code.includes(`\`${one}\${`));
}

const options = (path) => ({
  entryPoints: [{ in: source(path), out: path.replace(/.*\/|\.\w+$/g, "") }],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
});

/** Four bytes as five letters, none of which a string or a page would have to escape. */
function lettersOf(bytes) {
  const whole = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  let letters = "";
  for (let at = 0; at < whole.length; at += 4) {
    let number = whole.readUInt32BE(at);
    let five = "";
    for (let i = 0; i < 5; i++, number = Math.floor(number / 85))
      five = String.fromCharCode(35 + (number % 85)) + five;
    letters += five;
  }
  return letters.replaceAll("\\", "~").replaceAll("<", "|");
}

/**
 * A module that unfolds into this one. A front end's text travels with every instance of its widget and lies in every
 * saved notebook; folded it is two fifths shorter. Whoever loads it from a Blob, as all hosts do, can load the inner one
 * too; it is unfolded once a page, so that the second widget of a kind finds its code compiled.
 */
function folded(code) {
  const bytes = deflateRawSync(code, { level: 9 });
  const name = createHash("sha256").update(code).digest("hex").slice(0, 16);
  return `const text = "${lettersOf(bytes)}";
async function unfold() {
  const letters = text.replace(/~/g, "\\\\").replace(/\\|/g, "<");
  const view = new DataView(new ArrayBuffer((letters.length / 5) * 4));
  for (let at = 0; at < letters.length; at += 5) {
    let number = 0;
    for (let i = 0; i < 5; i++) number = number * 85 + letters.charCodeAt(at + i) - 35;
    view.setUint32((at / 5) * 4, number);
  }
  const bytes = view.buffer.slice(0, ${bytes.length});
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const type = "text/javascript";
  const address = URL.createObjectURL(new Blob([await new Response(stream).text()], { type }));
  try {
    return (await import(address)).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}
export default () => {
  const known = (globalThis[Symbol.for("xaiwidgets.front_ends")] ??= {});
  known["${name}"] ??= unfold().catch((fault) => {
    delete known["${name}"];
    throw fault;
  });
  return known["${name}"];
};
`;
}

/** From so many bytes on a front end is folded. */
const LONG = 10_000;

/** One bundle a widget: its text travels with every instance, so nothing is shared at run time. */
const ENTRIES = [
  "widgets/token_highlight.ts",
  "widgets/token_highlight.css",
  "widgets/attention_grid.ts",
  "widgets/attention_grid.css",
  "widgets/embedding_scatter.ts",
  "widgets/embedding_scatter.css",
  "widgets/saliency_overlay.ts",
  "widgets/saliency_overlay.css",
  "widgets/feature_bars.ts",
  "core/host.ts",
];

await mkdir(outdir, { recursive: true });
for (const path of ENTRIES) {
  const said = watching ? () => true : await saidBy(options(path));
  const build = { ...options(path), plugins: [words(said)] };
  if (watching) await (await esbuild.context(build)).watch();
  else
    for (const { path: out, text } of (await esbuild.build({ ...build, write: false })).outputFiles) {
      const written = out.endsWith(".js") && text.length > LONG ? folded(text) : text;
      await writeFile(out, written);
      console.log(out.replace(outdir, ""), text.length, written.length);
    }
}
