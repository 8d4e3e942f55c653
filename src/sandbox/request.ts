/** The words of this folder: what a command run is asked for, and what comes back. Sizes are bytes, times milliseconds, paths absolute and real. */
import type { SandboxSpec } from "../types.ts";

/** How a command is really confined. `none`: nothing works here, so nothing runs. */
export type Backend = "bwrap" | "landlock" | "off" | "none";

/** What a command gets to see. Computed from the policy by the caller; the sandbox only makes it true. */
export interface SandboxView {
  /** Shown at their own paths; written only if `writable` and the profile is `workspace-write`. */
  readonly workspaces: readonly { readonly path: string; readonly writable: boolean }[];
  /** Existing files and directories whose reading must fail. */
  readonly masked: readonly string[];
  /** Existing files and directories inside writable workspaces that must stay as they are. */
  readonly readOnly: readonly string[];
  /** System and program directories, shown read-only (see `systemPaths`). */
  readonly systemPaths: readonly string[];
}

/** The way out of a command whose network is `allowlist`, made by the door that watches over it. */
export interface WayOut {
  /** Files shown read-only at places of their own. */
  readonly binds: readonly { readonly source: string; readonly target: string }[];
  /** Goes in front of the command's argv. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A command to run. */
export interface RunRequest {
  /** `argv[0]` is an absolute path (see `findProgram`); a script is run by the runner's bash as it stands. */
  readonly command: { readonly argv: readonly string[] } | { readonly script: string };
  /** Must lie in one of the view's workspaces. */
  readonly cwd: string;
  /** Written and closed; without it stdin is closed from the start. */
  readonly stdin?: string | Uint8Array;
  /** Added to PATH, HOME, TMPDIR and LANG; GIT_* but who commits is dropped (see `gitEnvironment`). */
  readonly env: Readonly<Record<string, string>>;
  readonly spec: SandboxSpec;
  readonly view: SandboxView;
  /** `output` is what is kept of stdout and of stderr each; `timeout` is wall time. */
  readonly limits: { readonly timeout: number; readonly output: number };
  /** Needed where `spec.network` is `allowlist`. */
  readonly wayOut?: WayOut;
  readonly signal?: AbortSignal;
  /** Called when nothing is left of a command that was started. */
  readonly onEnd?: () => void;
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}

/** What was kept of a stream: all of it in `head`, or its beginning and its end when it was longer than the limit. */
export interface Captured {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** Bytes that the command wrote. */
  readonly total: number;
}

/** Why the sandbox ended a command. */
export type KillReason = "timeout" | "cancelled" | "memory" | "disk" | "processes" | "stopped";

/** How a command ended. */
export interface RunResult {
  /** As a shell counts: 128 + n when signal n ended it. */
  readonly exitCode: number;
  /** The signal's name when `exitCode` says that one ended it. */
  readonly signal: string | null;
  readonly stdout: Captured;
  readonly stderr: Captured;
  readonly durationMs: number;
  readonly backend: Backend;
  readonly timedOut: boolean;
  readonly killed: KillReason | null;
  /** Files, new or changed, that make other programs run code later. Absolute paths. */
  readonly newSensitive: readonly string[];
}
