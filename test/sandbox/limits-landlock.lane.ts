import { defineLimits } from "./limits-suite.ts";

defineLimits("landlock");
