/** Where the sandbox shows what the bridge needs, and the port it opens there. Inside, nothing else listens when a command starts. */
const INSIDE = "/run/portcullis";
const PORT = 3128;

/**
 * Runs inside the sandbox, in front of the command: a port on the namespace's own loopback for programs that only speak TCP, carried to the
 * unix socket. It adds nothing and checks nothing; whoever goes around it meets the same door. Plain text, so that it needs no file of its own
 * in any build; arguments: socket, port, program, its arguments. It ends as the command ends.
 */
const PROGRAM = `
const [socket, port, program, ...rest] = process.argv.slice(1);
const net = require("node:net");
const server = net.createServer({ allowHalfOpen: true }, (near) => {
  const far = net.connect({ path: socket, allowHalfOpen: true });
  for (const [one, other] of [[near, far], [far, near]]) {
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => one.readableEnded || other.destroy());
  }
});
server.on("error", (error) => {
  process.stderr.write("portcullis: no way out for the command: " + error.message + "\\n");
  process.exit(125);
});
server.listen(Number(port), "127.0.0.1", () => {
  const child = require("node:child_process").spawn(program, rest, { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write("portcullis: " + error.message + "\\n");
    process.exit(127);
  });
  child.on("exit", (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code);
  });
});
`;

/** What the sandbox has to do so that a command reaches its door. */
export interface Bridge {
  /** Files to bind read-only. */
  readonly binds: readonly { readonly source: string; readonly target: string }[];
  /** Goes in front of the command's own argv (an absolute path and its arguments). */
  readonly argv: readonly string[];
  /** Goes into the command's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `node` is an executable of Node that the sandboxed user may read. `NO_PROXY` is empty: loopback inside is the command's own and empty. */
export function bridgeTo(socket: string, token: string, node: string): Bridge {
  const url = `http://portcullis:${token}@127.0.0.1:${PORT}`;
  const target = { socket: `${INSIDE}/egress.sock`, node: `${INSIDE}/node` };
  return {
    binds: [
      { source: socket, target: target.socket },
      { source: node, target: target.node },
    ],
    argv: [target.node, "-e", PROGRAM, "--", target.socket, String(PORT)],
    environment: {
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      ALL_PROXY: url,
      NO_PROXY: "",
      http_proxy: url,
      https_proxy: url,
      all_proxy: url,
      no_proxy: "",
      NODE_USE_ENV_PROXY: "1",
    },
  };
}
