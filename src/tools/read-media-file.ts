import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { Refusal } from "../types.ts";
import type { Tool } from "../types.ts";
import { defineTool, pathArgument } from "./define.ts";
import { requireFile } from "./text.ts";

/** Types by name, as the reference server knows them; what is unknown goes out as an opaque resource. */
const TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".bmp": "image/bmp",
  ".svg": "image/svg+xml",
  ".mp3": "audio/mpeg",
  ".wav": "audio/wav",
  ".ogg": "audio/ogg",
  ".flac": "audio/flac",
};

/** Reads an image, a sound or any other binary file as base64. */
export const readMediaFile: Tool = defineTool({
  name: "read_media_file",
  title: "Read media file",
  description: "Read an image or audio file as base64 with its MIME type; any other file comes back as an embedded resource.",
  risk: "low",
  input: () => ({ path: pathArgument }),
  prepare(args, eyes) {
    const found = eyes.files.find(args.path);
    return {
      resources: [{ kind: "path", op: "read", path: found.path, type: found.type, links: found.links }],
      states: {},
      run: (permit) => {
        requireFile(found);
        if (found.size > permit.limits.read)
          throw new Refusal(
            "INVALID_INPUT",
            `the file has ${found.size} bytes, more than the read limit of ${permit.limits.read}`,
            "Ask for a larger limits.read, or read a smaller file.",
          );
        const mimeType = TYPES[extname(found.path).toLowerCase()] ?? "application/octet-stream";
        const media = { data: permit.files.read(found).toString("base64"), mimeType, uri: pathToFileURL(found.path).href };
        return { text: "", media, source: "workspace" };
      },
    };
  },
});
