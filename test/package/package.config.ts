import { defineConfig } from "vitest/config";

/** The package lane: `npm run test:package`. Needs the npm registry; some 30 s. */
export default defineConfig({
  test: {
    include: ["test/package/*.lane.ts"],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 1,
    allowOnly: false,
  },
});
