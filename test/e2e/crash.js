/** Loaded before the server (`--import`): an error that nobody catches, with a text of the test's own. */
process.on("SIGUSR2", () => {
  throw new Error(process.env.CRASH_TEXT);
});
