/**
 * Our own reader of simple commands: a scanner that knows only what it may accept and stops at anything else.
 * It is written against the bash manual (3.1.2 Quoting, 3.6 Redirections), apart from the parser in parse.ts, and
 * both must agree word by word. Every character is consumed by exactly one branch, so no text is left uncovered.
 */
import { RESERVED, Stop } from "./line.ts";
import type { AndOr, Assignment, Line, Pipeline, Redirection, SimpleCommand, Token } from "./line.ts";
import { readWord } from "./quoting.ts";

interface HereDoc {
  readonly fd: number;
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
  /** Where in `redirections` the body belongs once it was read. */
  readonly at: number;
  readonly redirections: Redirection[];
}

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;
/** Most commands in one text: each costs time to judge, and no person reads more. */
const MOST_COMMANDS = 500;
/** `a+=1`, `a[0]=1` and the like: assignments of kinds that are not read here. */
const ODD_ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*(\[|\+=)/;
const DIGITS = /^[0-9]{1,4}$/;

/**
 * Reads a command text that passed the gate.
 * `posix`: the text is for `sh`, where `&>`, `>&word`, `<<<` and `$'...'` mean something else.
 * Throws Stop.
 */
export function decode(text: string, posix = false): Line {
  let at = 0;
  let commandsRead = 0;
  const pending: HereDoc[] = [];

  /** Skips blanks, line continuations and a comment; never a newline. */
  function skipBlanks(): void {
    for (;;) {
      const c = text[at];
      if (c === " " || c === "\t") at++;
      else if (c === "\\" && text[at + 1] === "\n") at += 2;
      else if (c === "#") {
        const end = text.indexOf("\n", at);
        at = end < 0 ? text.length : end;
      } else return;
    }
  }

  /** At a newline: reads it and the bodies of the here-documents that wait for it. */
  function readNewline(): void {
    at++;
    for (const doc of pending.splice(0)) {
      let body = "";
      for (;;) {
        if (at >= text.length) throw new Stop("refused", `here-document without its end \`${doc.delimiter}\``);
        const end = text.indexOf("\n", at);
        let row = end < 0 ? text.slice(at) : text.slice(at, end);
        at = end < 0 ? text.length : end + 1;
        if (doc.stripTabs) row = row.replace(/^\t+/, "");
        if (row === doc.delimiter) break;
        if (!doc.quoted && /[$`\\]/.test(row)) throw new Stop("script", "a here-document that expands");
        body += row + "\n";
      }
      doc.redirections[doc.at] = { fd: doc.fd, mode: "text", target: { text: body } };
    }
  }

  function skipLines(): void {
    for (skipBlanks(); text[at] === "\n"; skipBlanks()) readNewline();
  }

  function word(): Token {
    const read = readWord(text, at, posix);
    if (read.end === at) throw new Stop("refused", at >= text.length ? "the command ends too early" : `unexpected \`${text[at]}\``);
    at = read.end;
    return read.token;
  }

  /** At `<`, `>` or `&>`. `fd` is the number written before it, or null. */
  function readRedirection(fd: number | null, out: Redirection[]): void {
    const operator = /^(&>>|&>|<<<|<<-|<<|<>|<&|<\(|<|>>|>&|>\||>\(|>)/.exec(text.slice(at, at + 3))?.[0] ?? "";
    if (operator.endsWith("(")) throw new Stop("script", "a process substitution");
    if (posix && (operator.startsWith("&") || operator === "<<<")) throw new Stop("script", "a redirection that sh reads otherwise");
    at += operator.length;
    skipBlanks();
    if (operator === "<<" || operator === "<<-") {
      if (posix) throw new Stop("script", "a here-document inside another text");
      const start = at;
      const token = word();
      const source = text.slice(start, at);
      if (/[$`*?~[]/.test(source) || source.includes("\\\n")) throw new Stop("script", "an unusual here-document delimiter");
      out.push({ fd: fd ?? 0, mode: "text", target: { text: "" } });
      pending.push({
        fd: fd ?? 0,
        delimiter: token.text,
        quoted: /["'\\]/.test(source),
        stripTabs: operator === "<<-",
        at: out.length - 1,
        redirections: out,
      });
      return;
    }
    if (operator === ">&" || operator === "<&") {
      // `>&-` ends at the dash for bash, whatever follows; `>&2-` moves: only plain forms are read.
      const plain = /^(-|[0-9]{1,4})(?=[\s;|&<>]|$)/.exec(text.slice(at, at + 6))?.[0];
      if (plain === undefined && (operator === "<&" || posix || fd !== null || !/[A-Za-z_./~]/.test(text[at] ?? "")))
        throw new Stop("script", `an unusual \`${operator}\``);
      if (plain !== undefined) {
        at += plain.length;
        const own = fd ?? (operator === ">&" ? 1 : 0);
        out.push({ fd: own, mode: plain === "-" ? "close" : "dup", target: { text: plain } });
        return;
      }
    }
    if (/^[<>]\(/.test(text.slice(at, at + 2))) throw new Stop("script", "a process substitution");
    const start = at;
    const target = word();
    // bash takes digits right before another redirection for its descriptor, so the first has no target (`> 2>f`).
    if (/^[0-9]+$/.test(text.slice(start, at)) && /[<>]/.test(text[at] ?? "")) throw new Stop("refused", "a redirection without a target");
    if (target.glob !== undefined || target.status) throw new Stop("script", "a redirection target that is not known before it runs");
    if (operator === "<<<") {
      if (target.tilde) throw new Stop("script", "a tilde in a here-string");
      out.push({ fd: fd ?? 0, mode: "text", target: { text: target.text + "\n" } });
    } else if (operator === "&>" || operator === "&>>" || operator === ">&") {
      if (fd !== null) throw new Stop("script", `a number before \`${operator}\``);
      out.push({ fd: 1, mode: operator === "&>>" ? "append" : "write", target }, { fd: 2, mode: "dup", target: { text: "1" } });
    } else {
      const mode = operator === "<" ? "read" : operator === "<>" ? "both" : operator === ">>" ? "append" : "write";
      out.push({ fd: fd ?? (operator.startsWith("<") ? 0 : 1), mode, target });
    }
  }

  function readCommand(): SimpleCommand {
    if (++commandsRead > MOST_COMMANDS) throw new Stop("refused", `more than ${MOST_COMMANDS} commands`);
    const assignments: Assignment[] = [];
    const words: Token[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      skipBlanks();
      const c = text[at];
      if (c === undefined || c === "\n" || c === ";" || c === "|") break;
      if (c === "(" || c === ")") throw new Stop("script", "parentheses");
      if (c === "<" || c === ">" || (c === "&" && text[at + 1] === ">")) {
        readRedirection(null, redirections);
        continue;
      }
      if (c === "&") break;
      const start = at;
      const token = word();
      const source = text.slice(start, at);
      const next = text[at];
      if (next === "<" || next === ">") {
        if (DIGITS.test(source)) {
          if (posix && source.length > 1) throw new Stop("script", "a descriptor that sh reads as a word");
          readRedirection(Number(source), redirections);
          continue;
        }
        if (/^[0-9]+$/.test(source) || source.endsWith("}")) throw new Stop("script", "an unusual descriptor before a redirection");
      }
      if (words.length === 0) {
        if (ODD_ASSIGNMENT.test(source)) throw new Stop("script", "an array or appending assignment");
        if (ASSIGNMENT.test(source)) {
          if (source.includes("~") || token.status) throw new Stop("script", "an assignment that expands");
          const equals = token.text.indexOf("=");
          assignments.push({ name: token.text.slice(0, equals), value: token.text.slice(equals + 1) });
          continue;
        }
        if (assignments.length === 0 && redirections.length === 0 && RESERVED.has(source)) throw new Stop("script", `\`${source}\``);
        if (RESERVED.has(source)) throw new Stop("script", `\`${source}\` as a program name`);
      }
      // Whoever wrote `%PATH%` or `$env:` means another shell; bash would pass it on as it stands.
      if (/^[^'"\\]*%[A-Z][A-Z0-9_]{2,}%/.test(source)) throw new Stop("script", "a variable of cmd.exe");
      words.push(token);
    }
    if (words.length === 0 && assignments.length === 0 && redirections.length === 0)
      throw new Stop(
        "refused",
        at >= text.length ? "the command ends too early" : `unexpected \`${text[at] === "\n" ? "newline" : text[at]}\``,
      );
    if (words.length === 0)
      throw new Stop("script", assignments.length > 0 ? "an assignment without a command" : "a redirection without a command");
    return { assignments, words, redirections };
  }

  function readPipeline(): Pipeline {
    skipBlanks();
    const time = posix ? null : /^time(?=[ \t])([ \t]+-p(?=[ \t]))?/.exec(text.slice(at, at + 40));
    if (time !== null) at += time[0].length;
    const commands = [readCommand()];
    while (text[at] === "|" && text[at + 1] !== "|") {
      if (text[at + 1] === "&") throw new Stop("script", "`|&`");
      at++;
      skipLines();
      commands.push(readCommand());
    }
    return time === null ? { commands } : { time: time[1] === undefined ? "time" : "time -p", commands };
  }

  function readAndOr(): AndOr {
    const pipelines = [readPipeline()];
    const operators: ("&&" | "||")[] = [];
    for (;;) {
      const two = text.slice(at, at + 2);
      if (two !== "&&" && two !== "||") break;
      at += 2;
      operators.push(two);
      skipLines();
      pipelines.push(readPipeline());
    }
    return { pipelines, operators };
  }

  const line: AndOr[] = [];
  for (skipLines(); at < text.length; skipLines()) {
    line.push(readAndOr());
    const c = text[at];
    if (c === "&") throw new Stop("script", "a command in the background");
    if (c === ";") {
      at++;
      if (text[at] === ";") throw new Stop("refused", "unexpected `;;`");
    } else if (c !== undefined && c !== "\n") throw new Stop("refused", `unexpected \`${c}\``);
  }
  if (pending.length > 0) throw new Stop("refused", `here-document without its end \`${pending[0]?.delimiter ?? ""}\``);
  if (line.length === 0) throw new Stop("refused", "there is no command");
  return line;
}
