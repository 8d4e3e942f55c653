/** Editors and pagers start programs on request; agents and guards start without our guard. Nothing they are given is covered unless named. */
import type { Program } from "../program.ts";

const EDITOR: Program = {
  options: "--version --help",
  examine: (view) => {
    for (const { text, word } of view.operands) {
      view.hazards.push({ word, reason: "opened by an editor, which can run programs" });
      view.paths.push({ op: "read", path: text }, { op: "write", path: text });
    }
  },
};

/** Reads files, but `+cmd` and `!cmd` run programs when a terminal is there, and `-o`, `-k` write and load. */
const PAGER: Program = {
  options:
    "-e -E -F -g -G -i -I -m -M -n -N -q -Q -r -R -s -S -u -U -w -W -X -~ -V,--version -?,--help -c -C -a -J !-o= !-O= !-k= !-t= !-T= !-p= !-P= !-x= !-b= !-h= !-j= !-y= !-z= !--lesskey-src= !--lesskey-content= !--log-file= !--tag-file=",
  operands: "read",
  bare: "input",
  examine: (view) => {
    for (const { text, word } of view.operands)
      if (text === null || text.startsWith("+")) view.hazards.push({ word, reason: "a start command of the pager" });
  },
};

/** Every word counts. */
const STARTS: Program = {
  examine: (view) => {
    view.hazards.length = 0;
    for (let word = 1; word < view.words.length; word++) view.hazards.push({ word, reason: "starts another agent, guard or editor" });
    if (view.words.length === 1) view.opaque.push("starts another agent, guard or editor");
  },
};

export const interactive: Readonly<Record<string, Program>> = {
  "vi vim nvim view vimdiff gvim ex ed emacs emacsclient nano pico micro helix hx kak joe jed mcedit subl gedit kate": EDITOR,
  "code code-insiders codium cursor windsurf zed idea webstorm pycharm goland clion rider": STARTS,
  "claude codex gemini aider goose opencode cline cursor-agent copilot amp q qwen crush openhands interpreter llm ollama mcp mcp-guard mcp-proxy mcp-inspector mcp-server mcp-server-filesystem mcp-server-commands portcullis":
    STARTS,
  "less more most": PAGER,
  bat: {
    options:
      "-n,--number -p,--plain -A,--show-all -l,--language= --color= --style= --theme= --paging= -r,--line-range= -H,--highlight-line= --wrap= --terminal-width= --tabs= --file-name= -V,--version -h,--help --decorations= !--pager= !-m,--map-syntax= !--config-file !--list-themes",
    operands: "read",
    bare: "input",
  },
  man: {
    options:
      "-k -f -w,--where,--path,--location -a,--all -V,--version -h --help --usage !-P,--pager= !-H,--html=? !-C,--config-file= !-M,--manpath= !-l,--local-file !-K,--global-apropos !-r,--prompt= !-t,--troff !-T,--troff-device=? !-X,--gxditview=? !-Z,--ditroff !-p,--preprocessor= !-E,--encoding= !-L,--locale= !-R,--recode= !-e,--extension= !-S,-s,--sections= !-m,--systems=",
    operands: "text",
    examine: (view) => {
      for (const { text, word } of view.operands)
        if (text === null || text.includes("/")) view.hazards.push({ word, reason: "a page given as a file" });
    },
  },
  "info apropos whatis tldr": { options: "-h,--help -V,--version" },
};
