/** How HTTP says no: the status for the machine, a JSON-RPC error for the client, the same shape everywhere. */

/** A JSON-RPC error under an HTTP status. `id` is the request's where it could be read. */
export function rpcError(
  status: number,
  code: number,
  message: string,
  options: { readonly id?: string | number | null; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  const body = JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: options.id ?? null });
  return new Response(body, { status, headers: { "content-type": "application/json", ...options.headers } });
}

/** The code of errors that belong to HTTP, not to a method (the server range of JSON-RPC, as the SDK uses it). */
export const HTTP_ERROR = -32_000;
