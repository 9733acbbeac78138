import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The tests live beside the Python ones, one level up, so the root is the repository.
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["tests/js/**/*.test.ts"],
    environment: "happy-dom",
    globals: true,
  },
});
