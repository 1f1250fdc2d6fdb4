/** The stream of a generation or a job, event by event. */

import {
  apiError,
  ConnectionError,
  type PluggablyError,
  StreamInterruptedError,
  UnexpectedReplyError,
} from "./errors.js";
import { EVENT_TYPES } from "./events.js";
import { EventParser, type ServerEvent } from "./sse.js";
import { sleep } from "./transport.js";

/** How a stream is opened: after this event, or from its beginning. The reply ends when the signal says so. */
export type Open = (after: number | undefined, signal: AbortSignal) => Promise<Response>;

export interface StreamSettings {
  open: Open;
  /** Opens it again where it has broken; only for what goes on without its reader. */
  reopen?: Open | undefined;
  requestId?: string | undefined;
  /** Go on after the event of this number. */
  lastEventId?: number | undefined;
  signal?: AbortSignal | undefined;
  /** The longest silence, in milliseconds. */
  idle: number;
  /** How often in a row it is opened again. */
  retries: number;
}

/**
 * The events of a stream, to be read once, with `for await`. Nothing is asked before. Leaving the loop ends the
 * stream, and with it the request, unless it is a background request.
 */
export class EventStream<E extends { type: string; id: number }> implements AsyncIterable<E> {
  readonly #settings: StreamSettings;
  readonly #end = new AbortController();
  #lastEventId: number | undefined;
  #begun = false;
  /** Whether the answer has come: what breaks after it does no harm. */
  #complete = false;

  constructor(settings: StreamSettings) {
    this.#settings = settings;
    this.#lastEventId = settings.lastEventId;
  }

  /** The id of the request that it is the stream of. */
  get requestId(): string | undefined {
    return this.#settings.requestId;
  }

  /** The number of the last event that came; `watchRequest` goes on after it. */
  get lastEventId(): number | undefined {
    return this.#lastEventId;
  }

  /** End the stream: its loop ends too, without an error. */
  cancel(): void {
    this.#end.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    if (this.#begun) throw new UnexpectedReplyError("A stream can be read once.");
    this.#begun = true;
    const { signal, reopen, retries } = this.#settings;
    let { open } = this.#settings;
    try {
      for (let failed = 0; ; failed++) {
        const before = this.#lastEventId;
        try {
          yield* this.#events(open);
          return;
        } catch (error) {
          signal?.throwIfAborted();
          if (this.#end.signal.aborted) return;
          if (this.#complete && error instanceof StreamInterruptedError) return;
          const broken =
            error instanceof StreamInterruptedError || (open === reopen && error instanceof ConnectionError);
          if (!broken || reopen === undefined) throw error;
          if (this.#lastEventId !== before) failed = 0;
          if (failed >= retries) throw error;
          await sleep(250 * 2 ** failed, signal);
          open = reopen;
        }
      }
    } finally {
      this.#end.abort();
    }
  }

  async *#events(open: Open): AsyncGenerator<E, void, undefined> {
    const { signal, idle } = this.#settings;
    const silence = new AbortController();
    const ends = [this.#end.signal, silence.signal, ...(signal === undefined ? [] : [signal])];
    const reply = await open(this.#lastEventId, AbortSignal.any(ends));
    const reader = reply.body?.getReader();
    if (reader === undefined) throw new UnexpectedReplyError("The stream has no body.");
    const decoder = new TextDecoder();
    const parser = new EventParser();
    for (;;) {
      const timer = setTimeout(() => silence.abort(), idle);
      let piece: ReadableStreamReadResult<Uint8Array>;
      try {
        piece = await reader.read();
      } catch (cause) {
        throw this.#interrupted(
          silence.signal.aborted ? `Nothing has come for ${idle} ms.` : "It has broken.",
          cause,
        );
      } finally {
        clearTimeout(timer);
      }
      if (piece.done) throw this.#interrupted("It has ended too early.");
      for (const event of parser.feed(decoder.decode(piece.value, { stream: true }))) {
        if (event.data === "[DONE]") return;
        const known = this.#read(event);
        if (known !== undefined) yield known;
      }
    }
  }

  /** An event as it is handed on; undefined for one that is not known, or has come before. */
  #read(event: ServerEvent): E | undefined {
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch (cause) {
      throw new UnexpectedReplyError("An event of the stream can't be read.", { cause });
    }
    if (event.event === "error") throw apiError(data);
    const id = Number(event.id);
    if (event.event === undefined || !EVENT_TYPES.has(event.event)) return undefined;
    if (this.#lastEventId !== undefined && id <= this.#lastEventId) return undefined;
    this.#lastEventId = id;
    if (event.event === "output") this.#complete = true;
    return { type: event.event, id, data } as unknown as E;
  }

  #interrupted(why: string, cause?: unknown): PluggablyError {
    const message = `The stream was cut. ${why}`;
    return new StreamInterruptedError(message, this.requestId, this.#lastEventId, { cause });
  }
}
