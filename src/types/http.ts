/** The door to the network: what eyes parse, what hands fetch. */
import type { UrlResource } from "./decision.ts";

/** A URL as it will be requested, parsed once: nothing is derived from the caller's text again. */
export interface Target {
  /** As the URL parser writes it; no fragment, no credentials. */
  readonly href: string;
  readonly scheme: "http" | "https";
  /** As in `UrlResource`. */
  readonly host: string;
  readonly port: number;
}

/** Eyes for URLs, one per call. Parsing sends nothing; only `resolve` asks a name server, once a name, and is for names that were admitted. */
export interface UrlEyes {
  /** Refusal INVALID_INPUT or DENIED (scheme). */
  parse(url: string): Target;
  /** What to decide on. A literal address (and `localhost`) carries its addresses at once, without a look-up. Refusal for a bad method. */
  resource(target: Target, method: string): UrlResource;
  /** The same resource with its addresses, forbidden ones included, so that the decision can name them. Refusal NOT_FOUND, FAILED, CANCELLED. */
  resolve(resource: UrlResource): Promise<UrlResource>;
  /** The caller's headers as they would be sent, names in lower case. Refusal INVALID_INPUT for what HTTP doesn't allow and for headers that are ours. */
  headers(given: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
}

/** What `fetch` asks for. */
export interface HttpRequest {
  readonly target: Target;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** HTML as its source instead of Markdown. */
  readonly raw: boolean;
}

/**
 * One request as it was sent, for the record: no path, no headers, no body. `address` was dialled; `bytes` came over the wire as body. Without an
 * answer the status is 0 and the address empty.
 */
export interface HttpHop {
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly status: number;
  readonly bytes: number;
}

/** What came back. */
export interface HttpPage {
  /** Where the last hop ended. */
  readonly url: string;
  readonly status: number;
  /** Without parameters, lower case; empty when the server named none. */
  readonly contentType: string;
  /** Bytes of the body, as the server says. */
  readonly length?: number;
  /** `metadata`: not a text type, so nothing of the body is in `text`. */
  readonly form: "markdown" | "text" | "metadata";
  readonly text: string;
  /** The body was cut by this limit, so the text is less than the whole. */
  readonly cut?: "size" | "time";
  /** Bytes that were no text in the page's charset were replaced. */
  readonly replaced: boolean;
  /** Text the page carries but doesn't show (cut to 16 KiB): never for the model, only to be searched for instructions. */
  readonly hidden: string;
}

/** Hands for URLs: sends exactly what was granted, to exactly the addresses that were judged. */
export interface HttpHands {
  fetch(request: HttpRequest): Promise<HttpPage>;
}
