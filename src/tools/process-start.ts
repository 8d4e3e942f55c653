import type { Tool } from "../types.ts";
import { commandArguments, prepareCommand } from "./command.ts";
import { defineTool } from "./define.ts";
import { tellProcess } from "./processes.ts";

/** Starts a command that outlives the call: a server, a watcher, a long build. */
export const processStart: Tool = defineTool({
  name: "process_start",
  title: "Start process",
  description:
    "Start a command in the sandbox and don't wait: servers, watchers, long builds. Takes what run_command takes; gives an id for process_read, process_write and process_stop. It ends with the server at the latest.",
  risk: "high",
  input: commandArguments,
  async prepare(args, eyes) {
    const { command, ...prepared } = await prepareCommand(args, eyes, "start");
    return {
      ...prepared,
      run: async (permit) => {
        const { stdin, timeoutMs: timeout = Infinity } = args;
        const info = await permit.commands.start(command, { ...(stdin === undefined ? {} : { stdin }), timeout });
        return tellProcess(info, `Started. Read what it writes with process_read, id ${info.id}.`);
      },
    };
  },
});
