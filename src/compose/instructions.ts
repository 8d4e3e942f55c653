/**
 * What a client tells its model of this server, sent when it connects: what is guarded, how to ask, how to read a refusal. At most 1,200 characters,
 * because it is part of every conversation. Whether commands are offered isn't known yet then, so that part is true either way.
 */
export const INSTRUCTIONS = `Portcullis guards this workspace. Reads, listings and searches run. What changes files may be put to a person first, who sees the exact diff. Secrets, .git, editor and agent settings, and everything outside the workspace are denied. fetch puts hosts that aren't listed to a person and never reaches private addresses.
To ask, make the call. Before a large piece of work ask explain_policy what would be allowed.
A refusal is a result with isError: why, then what to do. Follow that, don't try variations. "approval required": tell the person, who has to answer first, then make the identical call again. "stale approval": something changed, call again. "denied": don't look for a way around.
Commands run in a sandbox without secrets, mostly without network. Write them plainly: substitutions, variables and loops need a person. If run_command isn't listed there is no sandbox here (Portcullis in Docker has one): say so when one is needed.
Give expectedHash (from get_file_info or the last write) when changing what you read earlier. [REDACTED:...] stands for hidden content: edit around it with edit_file.`;
