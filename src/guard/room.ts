/** `limits.workspace`: a workspace that holds as much as it may takes no more writes, until something is deleted. */
import { Refusal } from "../types.ts";
import type { Resource } from "../types.ts";

/** Milliseconds for which a measurement counts: measuring a large workspace takes longer than most calls. */
const FRESH = 5_000;

/** Makes the check. `measure` gives the bytes of all workspaces, `clock` monotonic milliseconds. */
export function createRoom(
  measure: () => Promise<number>,
  clock: () => number,
): (limit: number, resources: readonly Resource[]) => Promise<void> {
  let measured: { readonly at: number; readonly bytes: number } | undefined;
  const look = async (): Promise<number> => {
    const at = clock();
    measured = { at, bytes: await measure() };
    return measured.bytes;
  };

  /** Throws BUDGET_EXHAUSTED when there is no room for a call that adds something. One call may go beyond: how much it adds isn't known before. */
  return async (limit, resources) => {
    if (!adds(resources)) return;
    // What was too much may have been deleted since; what was not is good for a while.
    const known = measured !== undefined && clock() - measured.at < FRESH ? measured.bytes : limit;
    const bytes = known < limit ? known : await look();
    if (bytes >= limit)
      throw new Refusal(
        "BUDGET_EXHAUSTED",
        `the workspaces hold ${bytes} bytes, and limits.workspace allows ${limit}`,
        "Delete what isn't needed any more, or ask for a larger limits.workspace.",
      );
  };
}

/** Writes, and doesn't take away what it writes: a move adds nothing. */
function adds(resources: readonly Resource[]): boolean {
  let writes = false;
  for (const resource of resources) {
    if (resource.kind !== "path") continue;
    if (resource.op === "delete") return false;
    writes ||= resource.op === "write";
  }
  return writes;
}
