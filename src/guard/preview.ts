/** What a call would do, made by the tool itself or, where it has nothing to show, in one line. */
import type { Call, Permit, Prepared, Preview } from "../types.ts";
import { summarize } from "./summary.ts";

/** The preview of a prepared call; throws what the tool throws when the call can't succeed, so that nobody is asked for nothing. */
export async function previewOf(prepared: Prepared, permit: Permit, call: Call): Promise<Preview> {
  return (await prepared.preview?.(permit)) ?? { title: summarize(call), text: "" };
}
