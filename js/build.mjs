import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const outdir = fileURLToPath(new URL("../xaiwidgets/static/", import.meta.url));
const source = (path) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** The dictionary with every key once, and only what a front end says: methods and bars are named by Python. */
const words = {
  name: "words",
  setup(build) {
    build.onLoad({ filter: /words\.json$/ }, async ({ path }) => {
      const { en, zh } = JSON.parse(await readFile(path, "utf8"));
      const used = Object.keys(en).filter((key) => !/^(bars|method|trust)\./.test(key));
      const pairs = used.map((key) => [key, [en[key], zh[key]]]);
      const contents = `const table = ${JSON.stringify(Object.fromEntries(pairs))};
        const pick = (i) => Object.fromEntries(Object.entries(table).map(([key, pair]) => [key, pair[i]]));
        export default { en: pick(0), zh: pick(1) };`;
      return { contents, loader: "js", watchFiles: [path] };
    });
  },
};

/** One bundle a widget: its text travels with every instance, so nothing is shared at run time. */
const options = {
  entryPoints: [
    { in: source("widgets/token_highlight.ts"), out: "token_highlight" },
    { in: source("widgets/token_highlight.css"), out: "token_highlight" },
    { in: source("widgets/feature_bars.ts"), out: "feature_bars" },
    { in: source("core/host.ts"), out: "host" },
  ],
  outdir,
  plugins: [words],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "info",
};

await mkdir(outdir, { recursive: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await esbuild.build(options);
}
