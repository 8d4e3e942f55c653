/**
 * The words of the house. Nothing here imports anything outside of this page's own parts; every other file speaks in these words.
 * Sizes are bytes, times are milliseconds, paths are absolute unless a name says otherwise.
 */
export * from "./types/call.ts";
export * from "./types/commands.ts";
export * from "./types/decision.ts";
export * from "./types/files.ts";
export * from "./types/http.ts";
export * from "./types/identity.ts";
export * from "./types/refusal.ts";
