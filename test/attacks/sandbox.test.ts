import { ATTACKS, GUARDED_ATTACKS } from "./sandbox-attacks.ts";
import { defineSuite } from "./sandbox-suite.ts";

defineSuite("bwrap", [...GUARDED_ATTACKS, ...ATTACKS]);
