/** A machine as clients see it: what decides where their files are. Passed in, so that every system's files can be told from any. */
import { posix, win32 } from "node:path";

export interface Place {
  readonly platform: "linux" | "darwin" | "win32";
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; empty where there is none. */
  readonly home: string;
  /** Is there something at this path? */
  there(path: string): boolean;
}

/** Joins as the place's own system does. */
export function joinAt({ platform }: Place, ...parts: string[]): string {
  return (platform === "win32" ? win32 : posix).join(...parts);
}

/** An absolute directory from a variable; a relative one means nothing to a client that starts elsewhere. */
export function directoryOf(place: Place, variable: string): string | undefined {
  const value = place.env[variable];
  return value && (place.platform === "win32" ? win32 : posix).isAbsolute(value) ? value : undefined;
}

/** `$XDG_CONFIG_HOME` or `~/.config`, as many programs have it on every system (XDG Base Directory Specification 0.8). */
export function xdgConfig(place: Place): string {
  return directoryOf(place, "XDG_CONFIG_HOME") ?? joinAt(place, place.home, ".config");
}

/** `%APPDATA%`, the roaming profile of Windows. */
export function appData(place: Place): string {
  return directoryOf(place, "APPDATA") ?? joinAt(place, place.home, "AppData", "Roaming");
}

/** Where desktop applications built on Electron keep their files on each system (`app.getPath("appData")`). */
export function applicationData(place: Place): string {
  if (place.platform === "darwin") return joinAt(place, place.home, "Library", "Application Support");
  return place.platform === "win32" ? appData(place) : xdgConfig(place);
}
