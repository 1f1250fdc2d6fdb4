/** Requests that go on by themselves. */

import { apiError, PluggablyError } from "./errors.js";
import type { RequestEvent } from "./events.js";
import { follow } from "./generation.js";
import type { EventStream } from "./stream.js";
import { sleep, type Transport } from "./transport.js";
import type { Accepted, CallOptions, GenerateResponse, RequestInfo, RequestStatus, Schemas } from "./types.js";

const POLL_MS = 1000;

/** A background request: one that was submitted, or one whose id was kept. */
export class BackgroundRequest {
  readonly #http: Transport;
  readonly id: string;

  constructor(
    http: Transport,
    id: string,
    /** What the server said as it took the request; undefined where only the id was kept. */
    readonly accepted?: Accepted,
  ) {
    this.#http = http;
    this.id = id;
  }

  /** How far it is. */
  status(options: CallOptions = {}): Promise<RequestStatus> {
    return this.#http.call("get", "/v1/requests/{request_id}/status", { path: { request_id: this.id }, ...options });
  }

  /** Its events, from the first or after `lastEventId`, and those to come. */
  events(options: { lastEventId?: number; signal?: AbortSignal } = {}): EventStream<RequestEvent> {
    return follow(this.#http, this.id, options);
  }

  /** Stop it. */
  cancel(options: CallOptions = {}): Promise<Schemas["CancelRead"]> {
    return this.#http.call("post", "/v1/requests/{request_id}/cancel", { path: { request_id: this.id }, ...options });
  }

  /**
   * Wait for its answer. `onProgress` is given every event on the way. A request that fails or is cancelled throws
   * its error; ending the wait by the signal does not end the request.
   */
  async wait({ onProgress, signal }: WaitOptions = {}): Promise<GenerateResponse> {
    for (;;) {
      for await (const event of follow(this.#http, this.id, { signal })) {
        onProgress?.(event);
        if (event.type === "output") return event.data;
      }
      // Another process runs it, or its events are gone: then the server tells its status alone.
      const path = { request_id: this.id };
      const found = (await this.#http.call("get", "/v1/requests/{request_id}", { path, signal })) as RequestInfo;
      if (found.result !== null) return found.result;
      if (found.error !== null) throw apiError({ error: found.error });
      if (found.finished_at !== null)
        throw new PluggablyError(`${this.id} is ${found.status}, its result is not kept.`);
      await sleep(POLL_MS, signal);
    }
  }
}

export interface WaitOptions {
  onProgress?: ((event: RequestEvent) => void) | undefined;
  signal?: AbortSignal | undefined;
}
