/** Opens the books for one command; they load with the command that needs them. */
import type { Books } from "./books.ts";

/** What `use` gives is the exit code. A fault of the store is told as the Refusal that callers get. `create` begins a state directory where there is none. */
export async function withBooks(
  options: { readonly state?: string },
  use: (books: Books) => number | Promise<number>,
  create = false,
): Promise<void> {
  const [{ openBooks }, { describeFault, isStoreFault }] = await Promise.all([import("./books.ts"), import("../audit/database.ts")]);
  const books = await openBooks(options.state, create);
  try {
    process.exitCode = await use(books);
  } catch (error) {
    throw isStoreFault(error) ? describeFault(error) : error;
  } finally {
    books.close();
  }
}
