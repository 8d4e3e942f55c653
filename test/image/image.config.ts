import { defineConfig } from "vitest/config";

/** The image lane: `npm run test:image`. Needs root, debootstrap and a Debian mirror; some 60 s. */
export default defineConfig({
  test: {
    include: ["test/image/*.lane.ts"],
    globalSetup: ["test/image/setup.ts"],
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: "forks",
    allowOnly: false,
  },
});
