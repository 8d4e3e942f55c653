/** The list of tools, in the order in which clients see them. */
import type { TextWork, Tool } from "../types.ts";
import { createDirectory } from "./create-directory.ts";
import { deletePath } from "./delete-path.ts";
import { directoryTree } from "./directory-tree.ts";
import { editFile } from "./edit-file.ts";
import { explainPolicy } from "./explain-policy.ts";
import { fetchUrl } from "./fetch.ts";
import { getFileInfo } from "./get-file-info.ts";
import { listAllowedDirectories } from "./list-allowed-directories.ts";
import { listDirectory, listDirectoryWithSizes } from "./list-directory.ts";
import { copyFile, moveFile } from "./move-file.ts";
import { processList, processRead, processStop, processWrite } from "./processes.ts";
import { processStart } from "./process-start.ts";
import { readMediaFile } from "./read-media-file.ts";
import { readMultipleFiles } from "./read-multiple-files.ts";
import { readTextFile } from "./read-text-file.ts";
import { runCommand } from "./run-command.ts";
import { searchContent } from "./search-content.ts";
import { searchFiles } from "./search-files.ts";
import { writeFile } from "./write-file.ts";

/** All built-in tools by name. `textWork` is the pure text work of the file room. */
export function builtinTools(textWork: TextWork): ReadonlyMap<string, Tool> {
  const tools = [
    readTextFile,
    readMediaFile,
    readMultipleFiles,
    listDirectory,
    listDirectoryWithSizes,
    directoryTree,
    searchFiles,
    searchContent,
    getFileInfo,
    listAllowedDirectories,
    explainPolicy,
    writeFile(textWork),
    editFile(textWork),
    createDirectory,
    moveFile,
    copyFile,
    deletePath,
    fetchUrl,
    runCommand,
    processStart,
    processWrite,
    processStop,
    processRead,
    processList,
  ];
  return new Map(tools.map((tool) => [tool.name, tool]));
}
