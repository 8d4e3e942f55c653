import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    allowOnly: false,
    // Real processes, sandboxes and file systems on a shared machine: in CI a test that fails is tried once more, and both runs are reported.
    retry: process.env.CI ? 1 : 0,
  },
});
