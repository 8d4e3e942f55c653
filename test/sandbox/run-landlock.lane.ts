import { defineRuns } from "./run-suite.ts";

defineRuns("landlock");
