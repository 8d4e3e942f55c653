/** The steps from an empty main database to the present one, in order. Only ever append: a step that was released is never changed. */
import { auditTables } from "./001-audit.ts";
import { approvalTables } from "./002-approvals.ts";
import { sessionTables } from "./003-sessions.ts";
import { metricTables } from "./004-metrics.ts";

export const MIGRATIONS: readonly string[] = [auditTables, approvalTables, sessionTables, metricTables];
