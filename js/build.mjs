import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const outdir = fileURLToPath(new URL("../xaiwidgets/static/", import.meta.url));
const source = (path) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** One bundle a widget: its text travels with every instance, so nothing is shared at run time. */
const options = {
  entryPoints: [
    { in: source("widgets/token_highlight.ts"), out: "token_highlight" },
    { in: source("widgets/token_highlight.css"), out: "token_highlight" },
    { in: source("widgets/feature_bars.ts"), out: "feature_bars" },
    { in: source("core/host.ts"), out: "host" },
  ],
  outdir,
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
