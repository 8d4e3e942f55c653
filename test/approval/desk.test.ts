import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDesk } from "../../src/approval/pending.ts";
import type { ApprovalSettings } from "../../src/approval/pending.ts";
import { bindCall } from "../../src/approval/seal.ts";
import { openDatabase } from "../../src/audit/database.ts";
import { openApprovals } from "../../src/session/approvals.ts";
import type { ApprovalAnswer, Call, Decision, Resource } from "../../src/types.ts";

const MINUTE = 60_000;
let directory: string;
let world: ReturnType<typeof createScene>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "portcullis-desk-"));
  world = createScene(join(directory, "portcullis.db"));
});
afterEach(() => {
  world.db.close();
  rmSync(directory, { recursive: true, force: true });
});

function createScene(file: string, clock = { now: 1_000_000 }) {
  const db = openDatabase(file);
  const store = openApprovals(db);
  const settings: { current: ApprovalSettings } = {
    current: { headless: "park", timeout: 5 * MINUTE, parked: 60 * MINUTE, sessionTtl: 30 * MINUTE, remember: ["once", "session"] },
  };
  const key = { current: Buffer.alloc(32, 7) };
  const desk = createDesk({
    store,
    key: () => key.current,
    settings: () => settings.current,
    now: () => clock.now,
    newId: () => `apr_${randomBytes(16).toString("hex")}`,
    command: (...words) => `portcullis ${words.join(" ")}`,
  });
  return { db, store, desk, clock, settings, key };
}

interface Scene {
  call?: Partial<Call>;
  state?: string;
  policy?: string;
  channel?: "any" | "out_of_band";
  path?: string;
  grantable?: boolean;
}

/** One pass of a call through the desk. */
function settle(scene: Scene = {}, at = world) {
  const call: Call = {
    id: "call_1",
    session: "sess_1",
    principal: { id: "local", scopes: [] },
    tool: "write_file",
    args: { path: "a.txt", content: "x" },
    transport: "stdio",
    interactive: true,
    signal: new AbortController().signal,
    ...scene.call,
  };
  const resources: Resource[] = [{ kind: "path", op: "write", path: scene.path ?? "/w/a.txt" }];
  const bound = bindCall(call, resources, { states: { "/w/a.txt": scene.state ?? "sha256:before" } }, scene.policy ?? "sha256:policy");
  const decision = {
    effect: "ask",
    reason: "writes ask",
    obligations: { channel: scene.channel ?? "any" },
    digest: scene.policy ?? "sha256:policy",
  } as Decision;
  return at.desk.settle(call, bound, decision, scene.grantable ?? true, () =>
    Promise.resolve({ title: "overwrite a.txt", text: "-old\n+new\n" }),
  );
}

async function question(scene: Scene = {}) {
  const settled = await settle(scene);
  if (settled.kind !== "ask") throw new Error(`expected a question, got ${settled.kind}`);
  return settled.question;
}

const answered = (state: string, answer: ApprovalAnswer["answer"] = "approve_once"): Pick<Call, "approval"> => ({
  approval: { state, answer },
});

async function outcome(scene: Scene): Promise<string> {
  const settled = await settle(scene);
  return settled.kind === "refused" ? settled.refusal.code : settled.kind;
}

describe("a question within the connection", () => {
  test("goes ahead once with the answer that was asked for", async () => {
    const { state, message } = await question();
    expect(message).toContain("| -old\n| +new");
    expect(await outcome({ call: answered(state) })).toBe("go");
    expect(await outcome({ call: answered(state) })).toBe("STALE_APPROVAL");
  });

  test.each<[string, Scene]>([
    ["other content", { call: { args: { path: "a.txt", content: "y" } } }],
    ["another tool", { call: { tool: "edit_file" } }],
    ["another session", { call: { session: "sess_2" } }],
    ["another principal", { call: { principal: { id: "mallory", scopes: [] } } }],
    ["a file that changed meanwhile", { state: "sha256:after" }],
    ["a path that leads elsewhere meanwhile", { path: "/w/b.txt" }],
    ["another policy", { policy: "sha256:other" }],
  ])("is not answered for %s", async (_name, scene) => {
    const { state } = await question();
    expect(await outcome({ ...scene, call: { ...scene.call, ...answered(state) } })).toBe("STALE_APPROVAL");
  });

  test.each<[string, (state: string) => string]>([
    ["a made-up state", () => `apr_${"0".repeat(32)}.${"A".repeat(43)}`],
    ["a state with another signature", (state) => `${state.slice(0, -1)}${state.endsWith("A") ? "B" : "A"}`],
    ["a state with another id", (state) => `apr_${"0".repeat(32)}${state.slice(36)}`],
    ["an empty state", () => ""],
    ["a state that is far too long", (state) => state.repeat(1000)],
  ])("is not answered by %s", async (_name, forge) => {
    const { state } = await question();
    expect(await outcome({ call: answered(forge(state)) })).toBe("STALE_APPROVAL");
    expect(await outcome({ call: answered(state) })).toBe("go");
  });

  test.each<[ApprovalAnswer["answer"], string]>([
    ["deny", "APPROVAL_DECLINED"],
    ["cancel", "APPROVAL_DECLINED"],
    ["invalid", "APPROVAL_DECLINED"],
    ["unanswered", "APPROVAL_REQUIRED"],
  ])("answered with %s is %s", async (answer, expected) => {
    const { state } = await question();
    expect(await outcome({ call: answered(state, answer) })).toBe(expected);
  });

  test.each<ApprovalAnswer["answer"]>(["deny", "cancel", "invalid"])(
    "answered with %s is put again when the call is made again",
    async (answer) => {
      const { state } = await question();
      expect(await outcome({ call: answered(state, answer) })).toBe("APPROVAL_DECLINED");
      expect(await outcome({})).toBe("ask");
      expect(await outcome({ call: answered(state) })).toBe("STALE_APPROVAL");
    },
  );

  test("answered after its time is stale", async () => {
    const { state } = await question();
    world.clock.now += 5 * MINUTE + 1;
    expect(await outcome({ call: answered(state) })).toBe("STALE_APPROVAL");
  });

  test("unanswered for its whole time is parked", async () => {
    const { state } = await question();
    world.clock.now += 5 * MINUTE + 1;
    expect(await outcome({ call: answered(state, "unanswered") })).toBe("APPROVAL_REQUIRED");
  });

  test("answered after the clock was set back is stale", async () => {
    const { state } = await question();
    world.clock.now -= 2 * MINUTE;
    expect(await outcome({ call: answered(state) })).toBe("STALE_APPROVAL");
  });

  test("two questions at once don't take each other's answers", async () => {
    const first = await question();
    const second = await question({ call: { args: { path: "a.txt", content: "other" } } });
    expect(await outcome({ call: answered(second.state) })).toBe("STALE_APPROVAL");
    expect(await outcome({ call: answered(first.state) })).toBe("go");
  });

  test("demanded out of band is parked, and no client's answer opens it", async () => {
    expect(await outcome({ channel: "out_of_band" })).toBe("APPROVAL_REQUIRED");
    const { state } = await question();
    expect(await outcome({ channel: "out_of_band", call: answered(state) })).toBe("APPROVAL_REQUIRED");
  });

  test("unanswered where nobody may be asked later is a timeout", async () => {
    world.settings.current = { ...world.settings.current, headless: "deny" };
    const { state } = await question();
    expect(await outcome({ call: answered(state, "unanswered") })).toBe("TIMEOUT");
  });
});

describe("a parked question", () => {
  const headless = { interactive: false };

  async function parked(scene: Scene = {}) {
    const settled = await settle({ ...scene, call: { ...scene.call, ...headless } });
    if (settled.kind !== "refused" || !settled.ticket) throw new Error("expected a ticket");
    return settled.ticket.id;
  }

  test("names the commands that answer it and lets the identical call through once", async () => {
    const settled = await settle({ call: headless });
    expect(settled.kind === "refused" && settled.refusal.remedy).toMatch(/portcullis approvals approve apr_[0-9a-f]{32}/);
    const id = await parked();
    expect(world.store.transition(id, "pending", "approved", "cli")).toBe(true);
    expect(await outcome({ call: headless })).toBe("go");
    expect(await outcome({ call: headless })).toBe("APPROVAL_REQUIRED");
  });

  test("asked again while it waits keeps its id", async () => {
    expect(await parked()).toBe(await parked());
  });

  test("approved for another state of the file is stale once, and then asked anew", async () => {
    const id = await parked();
    world.store.transition(id, "pending", "approved", "cli");
    expect(await outcome({ call: headless, state: "sha256:after" })).toBe("STALE_APPROVAL");
    expect(await outcome({ call: headless, state: "sha256:after" })).toBe("APPROVAL_REQUIRED");
  });

  test("denied tells the caller once, and is then asked anew", async () => {
    world.store.transition(await parked(), "pending", "denied", "cli");
    expect(await outcome({ call: headless })).toBe("APPROVAL_DECLINED");
    expect(await outcome({ call: headless })).toBe("APPROVAL_REQUIRED");
  });

  test("approved and then expired counts no more", async () => {
    world.store.transition(await parked(), "pending", "approved", "cli");
    world.clock.now += 61 * MINUTE;
    expect(await outcome({ call: headless })).toBe("APPROVAL_REQUIRED");
  });

  test("its preview is erased when it is answered or expires", async () => {
    const id = await parked();
    expect(world.store.find(id)?.preview).toContain("+new");
    world.store.transition(id, "pending", "approved", "cli");
    expect(world.store.find(id)?.preview).toBe("");
    const other = await parked({ call: { args: { path: "a.txt", content: "z" } } });
    world.clock.now += 61 * MINUTE;
    world.store.expire(world.clock.now);
    expect(world.store.find(other)).toMatchObject({ status: "expired", preview: "" });
  });

  test("a flood from one session is bounded", async () => {
    for (let i = 0; i < 32; i += 1) await parked({ call: { args: { n: i } } });
    expect(await outcome({ call: { ...headless, args: { n: 99 } } })).toBe("RATE_LIMITED");
    expect(await outcome({ call: { ...headless, session: "sess_2", args: { n: 99 } } })).toBe("APPROVAL_REQUIRED");
  });

  test("is denied at once where the policy has nobody to ask", async () => {
    world.settings.current = { ...world.settings.current, headless: "deny" };
    expect(await outcome({ call: headless })).toBe("DENIED");
  });

  test("approved once is spent by exactly one of two servers on the same state", async () => {
    const other = createScene(join(directory, "portcullis.db"), world.clock);
    try {
      for (let round = 0; round < 50; round += 1) {
        const scene: Scene = { call: { ...headless, session: `sess_${round}`, args: { round } } };
        world.store.transition(await parked(scene), "pending", "approved", "cli");
        const both = await Promise.all([settle(scene), settle(scene, other)]);
        expect(both.filter((settled) => settled.kind === "go")).toHaveLength(1);
      }
    } finally {
      other.db.close();
    }
  });
});

describe("the clock", () => {
  test("set back makes a parked yes and a grant worthless", async () => {
    const settled = await settle({ call: { interactive: false } });
    if (settled.kind !== "refused" || !settled.ticket) throw new Error("expected a ticket");
    world.store.transition(settled.ticket.id, "pending", "approved", "cli");
    const { state } = await question({ call: { args: { path: "b.txt" } }, path: "/w/b.txt" });
    expect(await outcome({ call: { args: { path: "b.txt" }, ...answered(state, "approve_session") }, path: "/w/b.txt" })).toBe("go");
    world.clock.now -= 2 * MINUTE;
    expect(await outcome({ call: { interactive: false } })).toBe("STALE_APPROVAL");
    expect(await outcome({ call: { args: { path: "b.txt" } }, path: "/w/b.txt" })).toBe("ask");
  });

  test("set back doesn't bring an expired yes to life again", async () => {
    const settled = await settle({ call: { interactive: false } });
    if (settled.kind !== "refused" || !settled.ticket) throw new Error("expected a ticket");
    world.store.transition(settled.ticket.id, "pending", "approved", "cli");
    world.clock.now += 61 * MINUTE;
    await settle({ call: { args: { other: true } } });
    world.clock.now -= 61 * MINUTE;
    expect(await outcome({ call: { interactive: false } })).toBe("APPROVAL_REQUIRED");
  });
});

describe("a question", () => {
  test.each<[string, ApprovalSettings["remember"], boolean, readonly string[]]>([
    ["offers both ways to say yes", ["once", "session"], true, ["approve_once", "approve_session"]],
    ["offers no session where the policy doesn't remember it", ["once"], true, ["approve_once"]],
    ["offers no session for what can't be read before it runs", ["once", "session"], false, ["approve_once"]],
  ])("%s, and takes no other answer", async (_name, remember, grantable, choices) => {
    world.settings.current = { ...world.settings.current, remember };
    const { state, choices: offered } = await question({ grantable });
    expect(offered).toEqual(choices);
    const expected = choices.includes("approve_session") ? "go" : "APPROVAL_DECLINED";
    expect(await outcome({ grantable, call: answered(state, "approve_session") })).toBe(expected);
    expect(world.store.grants(world.clock.now)).toHaveLength(choices.length - 1);
  });

  test("sealed with a key that was replaced since is not answered", async () => {
    const { state } = await question();
    world.key.current = Buffer.alloc(32, 8);
    expect(await outcome({ call: answered(state) })).toBe("STALE_APPROVAL");
  });

  test("costs two writes: one to ask, one to spend", async () => {
    const writes = () => Number(world.db.prepare("SELECT total_changes()").pluck().get());
    const before = writes();
    const { state } = await question();
    expect(await outcome({ call: answered(state) })).toBe("go");
    expect(writes() - before).toBe(2);
  });
});

describe("approve_session", () => {
  test("covers the same tool on the same file whatever the content, in this session, for its time", async () => {
    const { state } = await question();
    expect(await outcome({ call: answered(state, "approve_session") })).toBe("go");
    expect(await outcome({ call: { args: { path: "a.txt", content: "more" } }, state: "sha256:after" })).toBe("go");
    expect(await outcome({ path: "/w/b.txt" })).toBe("ask");
    expect(await outcome({ call: { tool: "edit_file" } })).toBe("ask");
    expect(await outcome({ call: { session: "sess_2" } })).toBe("ask");
    expect(await outcome({ policy: "sha256:tightened" })).toBe("ask");
    world.clock.now += 31 * MINUTE;
    expect(await outcome({})).toBe("ask");
  });
});
