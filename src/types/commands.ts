/** The door to commands: what eyes read, what hands run. */
import type { Resource, SandboxSpec, Word } from "./decision.ts";

/** How a command was read, for people: each command word by word, and what made the whole a script. */
export interface CommandReading {
  /** `simple`: every word is known before it runs. `script`: only a person can say yes to it. */
  readonly verdict: "simple" | "script";
  /** What made it a script; empty for a simple one. */
  readonly reason: string;
  readonly commands: readonly {
    /** `literal: false` stands for a word that is not known before it runs. */
    readonly words: readonly { readonly text: Word; readonly literal: boolean }[];
    /** Directory that it runs in; null when that is not known. */
    readonly cwd: string | null;
    /** Programs around it, outermost first. */
    readonly wrappers: readonly string[];
    /** Does a table know what this program reads, writes and runs? */
    readonly known: boolean;
    /** Places in `resources` of what this command was the first to touch. */
    readonly resources: readonly number[];
  }[];
}

/** A command that was read. It is a token: only the very object that the eyes gave can be run, and only if its resources were decided. */
export interface ReadCommand {
  readonly resources: readonly Resource[];
  /** The text as it was given; an argv with every word quoted. */
  readonly text: string;
  /** Real path. */
  readonly cwd: string;
  readonly reading: CommandReading;
}

/** What `prepare` gets: reads a command, runs nothing. */
export interface CommandEyes {
  /** INVALID_INPUT for a text that can't be read (never asked about), and whatever the file eyes say of `cwd`. `input`: standard input is given. */
  read(command: string | readonly string[], options: { readonly cwd: string; readonly input: boolean }): Promise<ReadCommand>;
}

/** What would run: an argv without a shell, or the canonical script for bash. */
export type PlannedRun = { readonly argv: readonly string[] } | { readonly script: string };

/** What is kept of an output stream: its beginning and, when it was longer than the limit, its end. `total` is what the command wrote. */
export interface KeptOutput {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly total: number;
}

/** A path that the sandbox kept from a command, as far as its own words tell, and the rules that did it. */
export interface DeniedPath {
  readonly path: string;
  readonly op: "read" | "write";
  readonly rules: readonly string[];
}

/** How a command was confined and what came of it: `_meta["io.portcullis/call"].sandbox`. */
export interface SandboxNote extends Pick<SandboxSpec, "profile" | "network"> {
  readonly backend: string;
  readonly denied?: readonly DeniedPath[];
  /** Files, new or changed, that make other programs run code later. */
  readonly newSensitive?: readonly string[];
}

/** How a command ended. */
export interface CommandResult {
  /** 128 + n when signal n ended it. */
  readonly exitCode: number;
  readonly signal: string | null;
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
  readonly durationMs: number;
  /** Why the sandbox ended it, or null. */
  readonly killed: "timeout" | "cancelled" | "memory" | "disk" | "processes" | "stopped" | null;
  readonly sandbox: SandboxNote;
}

/** A command that outlives the call that started it. */
export interface ProcessInfo {
  readonly id: string;
  readonly command: string;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Null while it runs. */
  readonly exitCode: number | null;
  readonly killed: CommandResult["killed"];
  /** Bytes of stdout and stderr together until now. */
  readonly written: number;
  readonly sandbox: SandboxNote;
}

/** A part of a process's output: bytes from offset `start` to `end` of all it wrote. A `start` above the asked offset: what lay between is lost. */
export interface ProcessOutput extends ProcessInfo {
  readonly data: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** What `run` gets with its permit. Running needs a `ReadCommand` whose resources were decided, writing the opaque resource of input. */
export interface CommandHands {
  /** What would run, nothing run. NOT_FOUND for a program that isn't there, SANDBOX_UNAVAILABLE where nothing can run. */
  plan(command: ReadCommand): Promise<PlannedRun>;
  /** Runs to the end; `onOutput` hears how many bytes came. Throws as `plan`; what the command itself does is in the result. */
  run(
    command: ReadCommand,
    options: { readonly stdin?: string; readonly timeout: number; readonly onOutput: (bytes: number) => void },
  ): Promise<CommandResult>;
  /** Starts and doesn't wait; `timeout` may be Infinity. */
  start(command: ReadCommand, options: { readonly stdin?: string; readonly timeout: number }): Promise<ProcessInfo>;
  /** Processes of the session, ended ones too. NOT_FOUND for any other id, here and below. */
  list(): Promise<readonly ProcessInfo[]>;
  read(id: string, offset: number, waitMs: number): Promise<ProcessOutput>;
  write(id: string, input: string): Promise<ProcessInfo>;
  /** Ends it with all that it started, and waits for that. */
  stop(id: string): Promise<ProcessInfo>;
}
