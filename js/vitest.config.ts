import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The tests live beside the Python ones, one level up.
export default defineConfig({
  cacheDir: fileURLToPath(new URL("node_modules/.vite", import.meta.url)),
  server: { fs: { allow: [fileURLToPath(new URL("..", import.meta.url))] } },
  test: {
    dir: fileURLToPath(new URL("../tests/js", import.meta.url)),
    include: ["**/*.test.ts"],
    environment: "happy-dom",
    globals: true,
  },
});
