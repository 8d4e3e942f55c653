import { ATTACKS } from "./sandbox-attacks.ts";
import { GUARDED_ATTACKS } from "./sandbox-guarded-attacks.ts";
import { defineSuite } from "./sandbox-suite.ts";

defineSuite("bwrap", [...GUARDED_ATTACKS, ...ATTACKS]);
