/** What every scenario of the suite has to come to, and why some don't pass. A scenario that passes although it is listed as open fails the test too. */
import type { Revision } from "./suite.ts";

/** Scenarios that pass with every check, by what they need for it. */
export interface Passing {
  /** Nothing: the product as it is shipped. Where a scenario only asks that something isn't done, it may pass for want of the thing. */
  readonly shipped: readonly string[];
  /** The tools that the suite names, behind the gate like the built-in ones; everything on the wire is the product's. */
  readonly tools: readonly string[];
  /** Features that the product doesn't offer, put on top of it for these tests (`conversation.ts`). */
  readonly features: readonly string[];
}

export const PASSING: Readonly<Record<Revision, Passing>> = {
  "2025-11-25": {
    shipped: [
      "dns-rebinding-protection",
      "ping",
      "server-initialize",
      "server-session-lifecycle",
      "server-sse-multiple-streams",
      // For want of a stream: what it asks is answered with JSON. Streams that there are carry no ids: one that broke is not taken up again.
      "server-sse-polling",
      "tools-list",
    ],
    tools: [
      "json-schema-2020-12",
      "tools-call-audio",
      "tools-call-elicitation",
      "tools-call-embedded-resource",
      "tools-call-error",
      "tools-call-image",
      "tools-call-simple-text",
      "tools-call-with-progress",
    ],
    features: [
      "completion-complete",
      "elicitation-sep1034-defaults",
      "elicitation-sep1330-enums",
      "logging-set-level",
      "prompts-get-embedded-resource",
      "prompts-get-simple",
      "prompts-get-with-args",
      "prompts-get-with-image",
      "prompts-list",
      "resources-list",
      "resources-read-binary",
      "resources-read-text",
      "resources-subscribe",
      "resources-templates-read",
      "resources-unsubscribe",
      "tools-call-mixed-content",
      "tools-call-sampling",
      "tools-call-with-logging",
    ],
  },
  "2026-07-28": {
    shipped: [
      "dns-rebinding-protection",
      "http-header-validation",
      "input-required-result-unsupported-methods",
      "input-required-result-validate-input",
      "server-sse-multiple-streams",
      "tools-list",
    ],
    tools: [
      "input-required-result-request-state",
      "json-schema-2020-12",
      "tools-call-audio",
      "tools-call-embedded-resource",
      "tools-call-error",
      "tools-call-image",
      "tools-call-simple-text",
      "tools-call-with-progress",
    ],
    features: [
      "caching",
      "completion-complete",
      "input-required-result-basic-elicitation",
      "input-required-result-basic-list-roots",
      "input-required-result-basic-sampling",
      "input-required-result-capability-check",
      "input-required-result-ignore-extra-params",
      "input-required-result-missing-input-response",
      "input-required-result-multi-round",
      "input-required-result-multiple-input-requests",
      "input-required-result-non-tool-request",
      "input-required-result-result-type",
      "prompts-get-embedded-resource",
      "prompts-get-simple",
      "prompts-get-with-args",
      "prompts-get-with-image",
      "prompts-list",
      "resources-list",
      "resources-read-binary",
      "resources-read-text",
      "resources-templates-read",
      "sep-2164-resource-not-found",
      "tools-call-mixed-content",
    ],
  },
};

/** A scenario with the checks of it that don't succeed even with all fixtures: failures, warnings and skipped ones. */
interface Open {
  readonly scenario: string;
  readonly checks: readonly string[];
  readonly why: string;
}

const NO_TASKS = "the tasks extension isn't offered, and the set doesn't score it";

export const OPEN: Readonly<Record<Revision, readonly Open[]>> = {
  "2025-11-25": [],
  "2026-07-28": [
    {
      scenario: "input-required-result-tampered-state",
      checks: ["sep-2322-reject-tampered-state"],
      why: "a state whose seal doesn't fit is refused, but as every refusal is: by a tool result (STALE_APPROVAL), not by a JSON-RPC error. A state of a session that has ended doesn't fit either, and that caller is helped by the remedy",
    },
    {
      scenario: "server-stateless",
      checks: ["sep-2575-server-sends-prompts-list-changed-on-subscription", "sep-2575-server-sends-tools-list-changed-on-subscription"],
      why: "skipped by the suite because changes of lists aren't announced, which is optional; its 28 other checks pass",
    },
    {
      scenario: "http-custom-header-server-validation",
      checks: [
        "sep-2243-server-decode-base64",
        "sep-2243-server-no-xmcp-tool",
        "sep-2243-server-reject-invalid-param-chars",
        "sep-2243-server-reject-param-mismatch",
        "sep-2243-server-validate-param-match",
      ],
      why: "no tool asks for arguments in headers (x-mcp-header), and the set doesn't score it",
    },
    {
      scenario: "tasks-capability-negotiation",
      checks: [
        "sep-2663-server-rejects-undeclared-client",
        "sep-2663-tasks-methods-non-declaring",
        "tasks-extension-advertised",
        "tasks-per-request-meta-opt-in",
      ],
      why: NO_TASKS,
    },
    {
      scenario: "tasks-dispatch-and-envelope",
      checks: [
        "sep-2663-durable-create-strong-consistency",
        "sep-2663-legacy-task-param-ignored",
        "sep-2663-tasks-get-invalid-task-id-32602",
        "tasks-immediate-result-shortcut",
        "tasks-result-type-complete-on-non-task-responses",
        "tasks-server-directed-creation-no-hint",
      ],
      why: NO_TASKS,
    },
    {
      scenario: "tasks-lifecycle",
      checks: [
        "sep-2663-cancel-ack-empty-result",
        "sep-2663-result-type-task-on-create",
        "sep-2663-tasks-get-status-completed",
        "sep-2663-tasks-get-status-failed",
        "sep-2663-tasks-get-status-working",
        "sep-2663-tool-error-uses-completed-status",
        "tasks-cancel-terminal-idempotent-ack",
        "tasks-sync-tool-call",
      ],
      why: NO_TASKS,
    },
    { scenario: "tasks-mrtr-composition", checks: ["sep-2663-mrtr-synchronous-before-task-creation"], why: NO_TASKS },
    {
      scenario: "tasks-mrtr-input",
      checks: ["sep-2663-tasks-get-status-input-required", "tasks-mrtr-partial-fulfillment", "tasks-mrtr-tasks-update-resumes"],
      why: NO_TASKS,
    },
    {
      scenario: "tasks-request-headers",
      checks: [
        "sep-2663-routing-headers-accepted-on-tasks-get",
        "sep-2663-server-rejects-mismatched-mcp-name-on-tasks-get",
        "tasks-headers-tolerate-mcp-method-on-tools-call",
      ],
      why: NO_TASKS,
    },
    { scenario: "tasks-request-state-removal", checks: ["tasks-request-state-removal-setup"], why: NO_TASKS },
    { scenario: "tasks-required-task-error", checks: ["sep-2663-server-returns-missing-capability-when-required"], why: NO_TASKS },
    { scenario: "tasks-status-notifications", checks: ["tasks-status-notifications"], why: "the suite itself skips it" },
    {
      scenario: "tasks-wire-fields",
      checks: ["tasks-no-early-ttl-expiry", "tasks-no-related-task-meta-on-inlined-result", "tasks-wire-field-renames"],
      why: NO_TASKS,
    },
  ],
};
