/** Sends calls and reads answers: addresses, credentials, time-outs, repeats. */

import type { paths } from "./api.js";
import { ApiError, apiError, ConnectionError, PluggablyError, TimeoutError, UnexpectedReplyError } from "./errors.js";
import { type Page, Paged } from "./paging.js";
import type { Body, CallOptions, Method, PathOf, Progress, Query, Reply } from "./types.js";

/** A call that has gone out. */
export interface Call {
  method: Method;
  /** As the OpenAPI document has it, such as `/v1/sessions/{session_id}`. */
  path: string;
  /** How long its answer may take. */
  kind: keyof Timeouts;
  /** Its end: what it answers with, or what it throws. The answer of a stream is its beginning. */
  ended: Promise<unknown>;
}

/** Milliseconds. */
export interface Timeouts {
  /**
   * For the connection. `fetch` does not tell when it stands, so this is added to what the answer itself may take:
   * to `read` or `generate` for a whole answer, to `idle` for the beginning of a stream.
   */
  connect: number;
  /** For an answer that comes at once. */
  read: number;
  /** For an answer that takes as long as a model does, and for a file. */
  generate: number;
  /** For the silence within a stream. */
  idle: number;
}

export interface Options {
  /** The server's address; in a browser the page's own origin unless given. */
  baseUrl?: string | undefined;
  /** An operator key or a user's token, sent as `X-API-Key`. */
  apiKey?: string | undefined;
  /** A token that `login` gave, or one of another issuer, sent as `Authorization: Bearer`. */
  token?: string | undefined;
  /** Whether cookies go with the calls, as `fetch` has it. A page that the gateway serves needs nothing here. */
  credentials?: RequestCredentials | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  /** How often a call is repeated that did not get through; 2 unless given. */
  retries?: number | undefined;
  /** In place of the built-in `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Told of every call as it goes out, repeats too: to show whether the server is there. */
  onCall?: ((call: Call) => void) | undefined;
}

/** What a call sends. `path` fills the braces of its path. */
export interface Sent<M extends Method, P extends keyof paths> extends CallOptions {
  path?: Record<string, string> | undefined;
  query?: Query<M, P> | undefined;
  body?: Body<M, P> | undefined;
  /** What goes out as a form, in place of `body`. */
  form?: FormData | undefined;
  headers?: Record<string, string> | undefined;
  /** How long the answer may take, unless `timeout` says otherwise. */
  kind?: Exclude<keyof Timeouts, "connect"> | undefined;
  /** A status that carries an answer although it tells of a failure. */
  accept?: number | undefined;
  /** Without the client's key. */
  anonymous?: boolean | undefined;
}

/** A page of a list; of an operation that answers with none there is none. */
type Listed<P extends PathOf<"get">> = Extract<Reply<"get", P>, Page>;

// What Node says when no connection came to stand: the server can't have begun anything.
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const LONGEST_WAIT_S = 30;
const DEFAULT_URL = "http://127.0.0.1:8080";
const SAFE: ReadonlySet<Method> = new Set<Method>(["get", "head", "put"]);

export class Transport {
  readonly baseUrl: string;
  readonly timeouts: Timeouts;
  readonly retries: number;
  readonly #fetch: typeof globalThis.fetch;
  readonly #credentials: RequestCredentials | undefined;
  readonly #onCall: ((call: Call) => void) | undefined;
  #key: Record<string, string>;

  constructor(options: Options) {
    if (options.apiKey !== undefined && options.token !== undefined) {
      throw new PluggablyError("Give apiKey or token, not both.");
    }
    this.baseUrl = address(options.baseUrl ?? pageOrigin() ?? DEFAULT_URL);
    this.timeouts = { connect: 5_000, read: 30_000, generate: 1_800_000, idle: 60_000, ...options.timeouts };
    this.retries = options.retries ?? 2;
    // Called as a function: a browser's own `fetch` refuses to be the method of another object.
    this.#fetch = (...request) => (options.fetch ?? globalThis.fetch)(...request);
    this.#credentials = options.credentials;
    this.#onCall = options.onCall;
    this.#key = options.apiKey === undefined ? {} : { "X-API-Key": options.apiKey };
    if (options.token !== undefined) this.useToken(options.token);
  }

  /** Send this token from now on in place of what was sent before; null: send none. */
  useToken(token: string | null): void {
    this.#key = token === null ? {} : { Authorization: `Bearer ${token}` };
  }

  /** The JSON that an operation answers with. */
  call<M extends Method, P extends PathOf<M>>(method: M, path: P, sent: Sent<M, P> = {}): Promise<Reply<M, P>> {
    return this.#exchange(method, path, sent, async (reply) => {
      if (reply.status === 204 || method === "head") return undefined as Reply<M, P>;
      return (await json(reply)) as Reply<M, P>;
    });
  }

  /** A list that an operation answers with, page by page. */
  list<P extends PathOf<"get">, Item>(
    path: P,
    items: (page: Listed<P>) => Item[],
    sent: Sent<"get", P>,
  ): Paged<Listed<P>, Item> {
    return new Paged(async (cursor) => {
      const query = cursor === undefined ? sent.query : ({ ...sent.query, cursor } as unknown as Query<"get", P>);
      return (await this.call("get", path, { ...sent, query })) as Listed<P>;
    }, items);
  }

  /** The text that an operation answers with. */
  text<M extends Method, P extends PathOf<M>>(method: M, path: P, sent: Sent<M, P> = {}): Promise<string> {
    return this.#exchange(method, path, sent, (reply) => reply.text());
  }

  /** The headers of an operation's answer. */
  headers<M extends Method, P extends PathOf<M>>(method: M, path: P, sent: Sent<M, P> = {}): Promise<Headers> {
    return this.#exchange(method, path, sent, async (reply) => reply.headers);
  }

  /** The file that an operation answers with. */
  file<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    sent: Sent<M, P>,
    onProgress?: (progress: Progress) => void,
  ): Promise<Blob> {
    return this.#exchange(method, path, { kind: "generate", ...sent }, async (reply) => {
      if (onProgress === undefined || reply.body === null) return reply.blob();
      const length = reply.headers.get("content-length");
      const total = length === null ? null : Number(length);
      const pieces: BlobPart[] = [];
      let loaded = 0;
      const reader = reply.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        pieces.push(piece.value);
        loaded += piece.value.length;
        onProgress({ loaded, total });
      }
      return new Blob(pieces, { type: reply.headers.get("content-type") ?? "" });
    });
  }

  /** An operation's answer as it comes. Whoever calls reads its body, and ends it with `sent.signal`. */
  open<M extends Method, P extends PathOf<M>>(method: M, path: P, sent: Sent<M, P>): Promise<Response> {
    const headers = { Accept: "text/event-stream", ...sent.headers };
    return this.#exchange(method, path, { kind: "idle", ...sent, headers }, async (reply) => {
      if (reply.headers.get("content-type")?.startsWith("text/event-stream")) return reply;
      throw new UnexpectedReplyError(`${reply.url} answered with something else than events.`);
    });
  }

  /** Send, again where that is safe, and read the answer within the time-out. */
  async #exchange<M extends Method, P extends PathOf<M>, Result>(
    method: M,
    path: P,
    sent: Sent<M, P>,
    read: (reply: Response) => Promise<Result>,
  ): Promise<Result> {
    const url = this.baseUrl + filled(path, sent.path) + queried(sent.query);
    for (let attempt = 0; ; attempt++) {
      try {
        const ended = this.#once(method, url, sent, read);
        this.#onCall?.({ method, path, kind: sent.kind ?? "read", ended });
        return await ended;
      } catch (error) {
        const wait = attempt < this.retries ? waitBefore(error, SAFE.has(method), attempt) : undefined;
        if (wait === undefined) throw error;
        await sleep(wait, sent.signal);
      }
    }
  }

  async #once<M extends Method, P extends PathOf<M>, Result>(
    method: M,
    url: string,
    sent: Sent<M, P>,
    read: (reply: Response) => Promise<Result>,
  ): Promise<Result> {
    const { signal } = sent;
    signal?.throwIfAborted();
    const timeout = sent.timeout ?? this.timeouts.connect + this.timeouts[sent.kind ?? "read"];
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(), timeout);
    const headers: Record<string, string> = { Accept: "application/json", ...(sent.anonymous ? {} : this.#key) };
    const init: RequestInit = {
      method: method.toUpperCase(),
      signal: signal === undefined ? clock.signal : AbortSignal.any([signal, clock.signal]),
    };
    if (this.#credentials !== undefined) init.credentials = this.#credentials;
    if (sent.form !== undefined) {
      init.body = sent.form;
    } else if (sent.body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(sent.body);
    }
    init.headers = { ...headers, ...sent.headers };
    const broken = (error: unknown): Error => {
      if (signal?.aborted) return signal.reason as Error;
      if (clock.signal.aborted) {
        return new TimeoutError(`${this.baseUrl} has not answered within ${timeout} ms.`, { cause: error });
      }
      return new ConnectionError(`${this.baseUrl} can't be reached, or the connection has broken.`, { cause: error });
    };
    try {
      const reply = await this.#fetch(url, init).catch((error: unknown) => {
        throw broken(error);
      });
      if (reply.ok || reply.status === sent.accept) return await read(reply);
      throw await failure(reply);
    } catch (error) {
      // This is how `fetch` tells of a body that has broken off; other errors are those of a caller's function.
      throw error instanceof TypeError || error instanceof DOMException ? broken(error) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Milliseconds to wait before a call is sent again; undefined where it must not be. */
function waitBefore(error: unknown, safe: boolean, attempt: number): number | undefined {
  const jitter = 1 + Math.random() / 4;
  const usual = 250 * 2 ** attempt * jitter;
  if (error instanceof TimeoutError) return undefined;
  if (error instanceof ConnectionError) return safe || notConnected(error) ? usual : undefined;
  if (!(error instanceof ApiError && error.retryable)) return undefined;
  if (error.retryAfter === null) return safe || error.status === 429 ? usual : undefined;
  return error.retryAfter <= LONGEST_WAIT_S ? error.retryAfter * 1000 * jitter : undefined;
}

function notConnected(error: ConnectionError): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && NOT_CONNECTED.has(String(cause.code))) return true;
  }
  return false;
}

/** Wait, unless the signal comes first: then its reason is thrown. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const stop = () => {
      clearTimeout(timer);
      failed(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      done();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The error that a reply tells of. */
async function failure(reply: Response): Promise<ApiError> {
  const text = await reply.text();
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    envelope = undefined; // a proxy's page
  }
  const seconds = Number.parseFloat(reply.headers.get("retry-after") ?? "");
  return apiError(envelope, reply.status, {
    retryAfter: Number.isNaN(seconds) ? null : seconds,
    requestId: reply.headers.get("x-request-id"),
    retryable: reply.headers.get("x-should-retry") !== "false",
  });
}

async function json(reply: Response): Promise<unknown> {
  const text = await reply.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnexpectedReplyError(`${reply.url} answered with something else than JSON.`, { cause });
  }
}

/** The server's address without a slash at its end. */
function address(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new PluggablyError(`${url} is no address of a server; one looks like ${DEFAULT_URL}.`, { cause });
  }
  if (!/^https?:$/.test(parsed.protocol)) throw new PluggablyError(`${url} is no http(s) address.`);
  return parsed.href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

function pageOrigin(): string | undefined {
  const page = globalThis as { location?: { origin?: string } };
  return page.location?.origin;
}

function filled(path: string, values: Record<string, string> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    // Such segments would lead `fetch` to another path.
    if (!value || value === "." || value === "..")
      throw new PluggablyError(`${JSON.stringify(value)} is no ${name}.`);
    return encodeURIComponent(value);
  });
}

function queried(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
