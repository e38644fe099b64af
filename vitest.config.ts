import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { STITCHBOOK_BUILD: JSON.stringify("test") },
  test: {
    include: ["test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
    exclude: ["test/cases/**"],
    globalSetup: "test/global-setup.ts",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    poolOptions: { forks: { maxForks: 2 } },
  },
  resolve: { alias: { "stitchbook/notebook": new URL("./engine/notebook/api/notebook.ts", import.meta.url).pathname } },
});
