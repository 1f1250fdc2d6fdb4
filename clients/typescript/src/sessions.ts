/** Conversations that the server remembers. */

import type { StreamEvent } from "./events.js";
import { generate, inSession, newRequestId, openEvents, stream } from "./generation.js";
import type { Paged } from "./paging.js";
import { EventStream } from "./stream.js";
import type { Transport } from "./transport.js";
import type {
  Body,
  CallOptions,
  GenerateOptions,
  GenerateResponse,
  Query,
  Schemas,
  SessionDetail,
  SessionGenerateRequest,
  SessionInfo,
} from "./types.js";

type SessionBody = Schemas["SessionBody"];
type Regeneration = Omit<Body<"post", "/v1/sessions/{session_id}/regenerate">, "stream" | "background">;

export class Sessions {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  create(body: SessionBody = {}, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#http.call("post", "/v1/sessions", { body, ...options });
  }

  /** The caller's sessions, newest first. */
  list(
    query: Query<"get", "/v1/sessions"> = {},
    options: CallOptions = {},
  ): Paged<Schemas["SessionList"], SessionInfo> {
    return this.#http.list("/v1/sessions", (page) => page.sessions, { query, ...options });
  }

  /** A session with a page of its messages: the newest, in order. */
  get(
    id: string,
    query: Query<"get", "/v1/sessions/{session_id}"> = {},
    options: CallOptions = {},
  ): Promise<SessionDetail> {
    return this.#http.call("get", "/v1/sessions/{session_id}", { path: { session_id: id }, query, ...options });
  }

  /** Change what is given, and nothing else. */
  update(id: string, body: SessionBody, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#http.call("put", "/v1/sessions/{session_id}", { path: { session_id: id }, body, ...options });
  }

  /** What `update` does, by the other method that the server takes. */
  patch(id: string, body: SessionBody, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#http.call("patch", "/v1/sessions/{session_id}", { path: { session_id: id }, body, ...options });
  }

  /** Close a session; it stays readable. */
  close(id: string, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#http.call("delete", "/v1/sessions/{session_id}", { path: { session_id: id }, ...options });
  }

  /** Erase a session and all that was said in it. */
  async purge(id: string, options: CallOptions = {}): Promise<void> {
    const query = { purge: true };
    await this.#http.call("delete", "/v1/sessions/{session_id}", { path: { session_id: id }, query, ...options });
  }

  /** Forget what was said. */
  reset(id: string, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#http.call("post", "/v1/sessions/{session_id}/reset", { path: { session_id: id }, ...options });
  }

  generate(
    id: string,
    request: string | SessionGenerateRequest,
    options: GenerateOptions = {},
  ): Promise<GenerateResponse> {
    return generate(this.#http, inSession(id), request, options);
  }

  stream(
    id: string,
    request: string | SessionGenerateRequest,
    options: GenerateOptions & { background?: boolean } = {},
  ): EventStream<StreamEvent> {
    return stream(this.#http, inSession(id), request, options);
  }

  /** Another answer in the place of an earlier one, which stays in the message's `alternatives`. */
  regenerate(id: string, body: Regeneration = {}, options: GenerateOptions = {}): Promise<GenerateResponse> {
    const { requestId = newRequestId(), ...rest } = options;
    const headers = { "X-Request-ID": requestId };
    const sent = { path: { session_id: id }, body, headers, kind: "generate" as const, ...rest };
    const reply = this.#http.call("post", "/v1/sessions/{session_id}/regenerate", sent);
    return reply as Promise<GenerateResponse>;
  }

  /** `regenerate`, event by event. With `background` it survives a lost connection, and its reader's leaving. */
  streamRegenerate(
    id: string,
    body: Regeneration = {},
    options: GenerateOptions & { background?: boolean } = {},
  ): EventStream<StreamEvent> {
    const { background, requestId = newRequestId(), signal, timeout } = options;
    const sent = {
      path: { session_id: id },
      body: { ...body, stream: true, ...(background ? { background } : {}) },
      headers: { "X-Request-ID": requestId },
    };
    return new EventStream<StreamEvent>({
      open: (_, ended) =>
        this.#http.open("post", "/v1/sessions/{session_id}/regenerate", { ...sent, signal: ended, timeout }),
      reopen: background ? (after, ended) => openEvents(this.#http, requestId, after, ended) : undefined,
      requestId,
      signal,
      idle: this.#http.timeouts.idle,
      retries: this.#http.retries,
    });
  }

  /** The whole session as a text to keep: JSON, or Markdown. */
  export(id: string, format: "json" | "markdown" = "json", options: CallOptions = {}): Promise<string> {
    const sent = { path: { session_id: id }, query: { format }, headers: { Accept: "*/*" }, ...options };
    return this.#http.text("get", "/v1/sessions/{session_id}/export", sent);
  }

  /** One session's methods, without its id in each. */
  open(session: string | SessionInfo): Session {
    return new Session(this, typeof session === "string" ? session : session.id);
  }
}

/** One session. */
export class Session {
  readonly #sessions: Sessions;
  readonly id: string;

  constructor(sessions: Sessions, id: string) {
    this.#sessions = sessions;
    this.id = id;
  }

  generate(request: string | SessionGenerateRequest, options?: GenerateOptions): Promise<GenerateResponse> {
    return this.#sessions.generate(this.id, request, options);
  }

  stream(
    request: string | SessionGenerateRequest,
    options?: GenerateOptions & { background?: boolean },
  ): EventStream<StreamEvent> {
    return this.#sessions.stream(this.id, request, options);
  }

  regenerate(body?: Regeneration, options?: GenerateOptions): Promise<GenerateResponse> {
    return this.#sessions.regenerate(this.id, body, options);
  }

  streamRegenerate(
    body?: Regeneration,
    options?: GenerateOptions & { background?: boolean },
  ): EventStream<StreamEvent> {
    return this.#sessions.streamRegenerate(this.id, body, options);
  }

  get(query?: Query<"get", "/v1/sessions/{session_id}">, options?: CallOptions): Promise<SessionDetail> {
    return this.#sessions.get(this.id, query, options);
  }

  update(body: SessionBody, options?: CallOptions): Promise<SessionInfo> {
    return this.#sessions.update(this.id, body, options);
  }

  reset(options?: CallOptions): Promise<SessionInfo> {
    return this.#sessions.reset(this.id, options);
  }

  close(options?: CallOptions): Promise<SessionInfo> {
    return this.#sessions.close(this.id, options);
  }

  purge(options?: CallOptions): Promise<void> {
    return this.#sessions.purge(this.id, options);
  }

  export(format?: "json" | "markdown", options?: CallOptions): Promise<string> {
    return this.#sessions.export(this.id, format, options);
  }
}
