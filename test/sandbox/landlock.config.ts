import { defineConfig } from "vitest/config";

/** The Landlock lane: `vitest run --config test/sandbox/landlock.config.ts`. Needs Linux 6.2, and setpriv 2.41 or a Debian to take it from. */
export default defineConfig({
  test: {
    include: ["test/**/*-landlock.lane.ts"],
    globalSetup: ["test/sandbox/newer-setpriv.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    allowOnly: false,
  },
});
