import { existsSync } from "node:fs";
import type { Place } from "../clients/place.ts";
import type { Surroundings } from "../config/load.ts";

/** This machine, as clients see it. */
export function placeOf({ env, home }: Surroundings): Place {
  const platform = process.platform === "darwin" || process.platform === "win32" ? process.platform : "linux";
  return { platform, env, home, there: existsSync };
}
