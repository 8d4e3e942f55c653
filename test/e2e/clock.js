// Preloaded into a server or command: its clock goes wrong by the milliseconds that a file holds.
import { readFileSync } from "node:fs";

const now = Date.now;
const file = process.env.CLOCK_FILE;
Date.now = () => now() + Number(readFileSync(file, "utf8"));
