/** Opens the books for one command; they load with the command that needs them. */
import type { Books } from "./books.ts";

/** What `use` gives is the exit code. Questions that have expired are closed on the way. `create` begins a state directory where there is none. */
export async function withBooks(
  options: { readonly state?: string },
  use: (books: Books) => number | Promise<number>,
  create = false,
): Promise<void> {
  const books = await (await import("./books.ts")).openBooks(options.state, create);
  try {
    books.approvals.expire(books.now());
    process.exitCode = await use(books);
  } finally {
    books.close();
  }
}
