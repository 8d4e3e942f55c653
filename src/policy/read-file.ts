import { readFileSync } from "node:fs";
import { parsePolicyText, readPolicyText } from "./document.ts";
import { profileOf, type ProfileName, type Reader } from "./reader.ts";
import { soundRules, validateDocument } from "./validate.ts";

/** Reads YAML and holds it against the schema. Loading this module costs a start some 20 ms, so a server on a built-in profile does without. */
export const readFile: Reader = (file, tests) => {
  const profile = profileOf(file);
  const document = parsePolicyText(file, profile === undefined ? readPolicyText(file) : readProfile(profile, tests));
  return { document, settings: () => validateDocument(document), soundRules: () => soundRules(document) };
};

/** Text of a built-in profile; its tests stand last. The folder `profiles` lies beside this module, in the sources and in the bundle. */
function readProfile(name: ProfileName, tests: boolean): string {
  const text = readFileSync(new URL(`./profiles/${name}.yaml`, import.meta.url), "utf8");
  const end = text.indexOf("\ntests:\n");
  return tests || end === -1 ? text : text.slice(0, end + 1);
}
