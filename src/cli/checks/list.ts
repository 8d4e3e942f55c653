/** Every check, in the order in which doctor tells them. To add one: a file beside this one, and its line here. */
import { auditChecks } from "./audit.ts";
import type { Examination } from "./check.ts";
import { clientChecks } from "./clients.ts";
import { configChecks } from "./config.ts";
import { containerChecks } from "./container.ts";
import { keyChecks } from "./keys.ts";
import { machineChecks } from "./machine.ts";
import { networkChecks } from "./network.ts";
import { policyChecks } from "./policy.ts";
import { riskChecks } from "./risks.ts";
import { sandboxChecks } from "./sandbox.ts";
import { sensitiveChecks } from "./sensitive.ts";
import { stateChecks } from "./state.ts";
import { userChecks } from "./user.ts";

export const EXAMINATIONS: readonly Examination[] = [
  ...machineChecks,
  ...userChecks,
  ...containerChecks,
  ...configChecks,
  ...stateChecks,
  ...keyChecks,
  ...auditChecks,
  ...policyChecks,
  ...riskChecks,
  ...sandboxChecks,
  ...networkChecks,
  ...sensitiveChecks,
  ...clientChecks,
];
