/** How HTTP says no: the status for the machine, a JSON-RPC error for the client, the same shape everywhere. */

/** A JSON-RPC error under an HTTP status. `id` is the request's where it could be read. */
export function rpcError(
  status: number,
  code: number,
  message: string,
  options: { readonly id?: string | number | null; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(rpcErrorText(code, message, options.id), {
    status,
    headers: { "content-type": "application/json", ...options.headers },
  });
}

/** The code of errors that belong to HTTP, not to a method (the server range of JSON-RPC, as the SDK uses it). */
export const HTTP_ERROR = -32_000;

/** The JSON of a JSON-RPC error. */
export function rpcErrorText(code: number, message: string, id: string | number | null = null): string {
  return JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id });
}
