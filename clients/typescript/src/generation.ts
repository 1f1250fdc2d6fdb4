/** What generating in a session and without one have in common. */

import type { RequestEvent, StreamEvent } from "./events.js";
import { toDataUrl } from "./files.js";
import { EventStream } from "./stream.js";
import type { Transport } from "./transport.js";
import type { Accepted, Body, GenerateOptions, GenerateRequest, GenerateResponse } from "./types.js";

type Path = "/v1/generate" | "/v1/sessions/{session_id}/generate";

/** Where to generate. */
interface Place {
  path: Path;
  values?: Record<string, string>;
}

export const ANYWHERE: Place = { path: "/v1/generate" };

export function inSession(id: string): Place {
  return { path: "/v1/sessions/{session_id}/generate", values: { session_id: id } };
}

/** A request's id, which may be told before the request is sent. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `req_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Generate and wait for the whole answer. */
export function generate(
  http: Transport,
  place: Place,
  request: string | GenerateRequest,
  options: GenerateOptions = {},
): Promise<GenerateResponse> {
  return post(http, place, request, {}, { kind: "generate" }, options) as Promise<GenerateResponse>;
}

/** Have a request taken; it goes on by itself. */
export function submit(
  http: Transport,
  place: Place,
  request: string | GenerateRequest,
  options: GenerateOptions = {},
): Promise<Accepted> {
  // The document tells of the whole answer alone.
  return post(
    http,
    place,
    request,
    { background: true },
    { kind: "read" },
    options,
  ) as Promise<unknown> as Promise<Accepted>;
}

/** Generate, event by event. With `background` it survives a lost connection, and its reader's leaving. */
export function stream(
  http: Transport,
  place: Place,
  request: string | GenerateRequest,
  options: GenerateOptions & { background?: boolean } = {},
): EventStream<StreamEvent> {
  const { background, requestId = newRequestId(), signal, timeout } = options;
  return new EventStream<StreamEvent>({
    open: async (_, ended) => {
      const body = await wireBody(request, { stream: true, ...(background ? { background } : {}) });
      const headers = { "X-Request-ID": requestId };
      return http.open("post", place.path, { path: place.values, body, headers, signal: ended, timeout });
    },
    reopen: background ? (after, ended) => openEvents(http, requestId, after, ended) : undefined,
    requestId,
    signal,
    idle: http.timeouts.idle,
    retries: http.retries,
  });
}

/** Follow a request that is under way, or what is kept of it. */
export function follow(
  http: Transport,
  requestId: string,
  options: { lastEventId?: number | undefined; signal?: AbortSignal | undefined } = {},
): EventStream<RequestEvent> {
  const open = (after: number | undefined, ended: AbortSignal) => openEvents(http, requestId, after, ended);
  const { idle } = http.timeouts;
  return new EventStream<RequestEvent>({ open, reopen: open, requestId, ...options, idle, retries: http.retries });
}

/** A request's events after this number. */
export function openEvents(http: Transport, requestId: string, after: number | undefined, signal: AbortSignal) {
  const headers: Record<string, string> = after === undefined ? {} : { "Last-Event-ID": String(after) };
  return http.open("get", "/v1/requests/{request_id}/events", { path: { request_id: requestId }, headers, signal });
}

async function post(
  http: Transport,
  place: Place,
  request: string | GenerateRequest,
  extra: { background?: boolean },
  { kind }: { kind: "read" | "generate" },
  { requestId = newRequestId(), signal, timeout }: GenerateOptions,
) {
  const body = await wireBody(request, extra);
  return http.call("post", place.path, {
    path: place.values,
    body,
    headers: { "X-Request-ID": requestId },
    kind,
    signal,
    timeout,
  });
}

/** The body of a generate request; files become data URLs. */
async function wireBody(
  request: string | GenerateRequest,
  extra: { stream?: boolean; background?: boolean },
): Promise<Body<"post", "/v1/generate">> {
  const { prompt, messages, images, mesh, ...rest } = typeof request === "string" ? { prompt: request } : request;
  const urls =
    images && (await Promise.all(images.map((image) => (typeof image === "string" ? image : toDataUrl(image)))));
  const given = { prompt, messages, images: urls, mesh };
  const input = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...rest, input, ...extra };
}
