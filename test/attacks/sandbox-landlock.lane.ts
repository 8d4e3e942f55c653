import { expect, test } from "vitest";
import { openLab } from "../sandbox/lab.ts";
import { ATTACKS } from "./sandbox-attacks.ts";
import { defineSuite } from "./sandbox-suite.ts";

defineSuite("landlock", ATTACKS);

test("a command is refused while a denied path lies in what it would see", async () => {
  const lab = await openLab("landlock");
  const denied = lab.file("workspace/.env", "SECRET");
  const refused = lab.runner.run(lab.request("true", { view: { ...lab.view, masked: [denied] } }));
  await expect(refused).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
  const elsewhere = await lab.runner.run(lab.request("true", { view: { ...lab.view, masked: [lab.file("outside/.env")] } }));
  expect(elsewhere.exitCode).toBe(0);
  lab.remove();
});
