/** Answers under way: one for each session at most. They go on while another session is looked at. */

import {
  ApiError,
  type EventStream,
  type GenerateResponse,
  newRequestId,
  type Pluggably,
  type RequestEvent,
  RequestNotFoundError,
  type Selection,
} from "@pluggably/client";
import { isInterrupted, RECONNECTS, untilOnline, whenPainted } from "../../common/follow";
import { keep, kept } from "../../common/kept";

export interface Turn {
  sessionId: string;
  requestId: string;
  prompt: string;
  /** Data URLs, and addresses of images. */
  images: string[];
  model: string;
  /** What differs from the model's defaults. Null when asking again: those of the earlier answer. */
  parameters: Record<string, unknown> | null;
  startedAt: string;
  /** Ask again: the message whose answer is replaced, and whether its prompt is too. */
  again: { messageId: string; edited: boolean } | null;
}

export type Phase = "sending" | "queued" | "loading" | "answering" | "reconnecting" | "ended" | "failed";

export interface Run extends Turn {
  phase: Phase;
  text: string;
  reasoning: string;
  /** Data URLs of what an image looks like so far. */
  preview: string[];
  queuePosition: number | null;
  etaS: number | null;
  progressPct: number | null;
  selection: Selection | null;
  output: GenerateResponse | null;
  error: unknown;
  /** Somebody pressed stop. */
  stopped: boolean;
}

export type Streams = Pick<Pluggably, "sessions" | "watchRequest" | "cancelRequest">;

/** When the page is painted next; `requestAnimationFrame` unless told otherwise. */
export type Schedule = (paint: () => void) => void;

const KEY = "pluggably.turns";

/** Deltas come faster than the page is painted: they are gathered, and listeners are told once for each frame. */
export class Runs {
  readonly #client: () => Streams;
  readonly #schedule: Schedule;
  readonly #runs = new Map<string, Run>();
  readonly #listeners = new Set<() => void>();
  /** Who served in place of whom, by the request's id: the session does not keep it. */
  readonly #fallbacks = new Map<string, Selection>();
  #painting = false;

  constructor(streams: () => Streams, schedule: Schedule = whenPainted) {
    this.#client = streams;
    this.#schedule = schedule;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  of(sessionId: string): Run | null {
    return this.#runs.get(sessionId) ?? null;
  }

  /** That another model served this request, and why; undefined where none did, or it is not known any more. */
  fallbackOf(requestId: string): Selection | undefined {
    return this.#fallbacks.get(requestId);
  }

  /** Whether an answer of this session is still to come. */
  isActive(sessionId: string): boolean {
    const phase = this.#runs.get(sessionId)?.phase;
    return phase !== undefined && phase !== "ended" && phase !== "failed";
  }

  /** Send a turn; resolves when its answer has come or has failed. Never rejects. */
  start(given: Omit<Turn, "requestId" | "startedAt">): Promise<Run> {
    const turn: Turn = { ...given, requestId: newRequestId(), startedAt: new Date().toISOString() };
    this.#remember(turn);
    return this.#follow(turn, () => this.#open(turn));
  }

  /** Go on with what this tab was waiting for when it was reloaded; null where there was nothing. */
  resume(sessionId: string): Promise<Run> | null {
    const turn = kept<Record<string, Turn>>(KEY)?.[sessionId];
    if (turn === undefined || this.#runs.has(sessionId)) return null;
    return this.#follow(turn, () => this.#client().watchRequest(turn.requestId));
  }

  /** Stop an answer: what has come of it is kept by the gateway. */
  async stop(sessionId: string): Promise<void> {
    const run = this.#runs.get(sessionId);
    if (run === undefined || !this.isActive(sessionId)) return;
    this.#change(run, { stopped: true });
    try {
      await this.#client().cancelRequest(run.requestId);
    } catch (error) {
      if (!(error instanceof RequestNotFoundError)) this.#end(sessionId, error);
    }
  }

  /** Forget a run that has ended. */
  dismiss(sessionId: string): void {
    if (this.isActive(sessionId)) return;
    this.#runs.delete(sessionId);
    this.#tell();
  }

  #open(turn: Turn): EventStream<RequestEvent> {
    const { sessions } = this.#client();
    const model = turn.model === "" ? {} : { model: turn.model };
    const { again, prompt, images, requestId } = turn;
    const parameters = turn.parameters === null ? {} : { parameters: turn.parameters };
    const options = { requestId, background: true };
    if (again !== null) {
      const body = { message_id: again.messageId, ...(again.edited ? { prompt } : {}), ...model, ...parameters };
      return sessions.streamRegenerate(turn.sessionId, body, options) as EventStream<RequestEvent>;
    }
    const request = { prompt, ...model, ...parameters, ...(images.length === 0 ? {} : { images }) };
    return sessions.stream(turn.sessionId, request, options) as EventStream<RequestEvent>;
  }

  async #follow(turn: Turn, open: () => EventStream<RequestEvent>): Promise<Run> {
    const run: Run = {
      ...turn,
      phase: "sending",
      text: "",
      reasoning: "",
      preview: [],
      queuePosition: null,
      etaS: null,
      progressPct: null,
      selection: null,
      output: null,
      error: null,
      stopped: false,
    };
    this.#runs.set(turn.sessionId, run);
    this.#tell();
    let stream = open();
    for (let failed = 0; ; failed++) {
      const before = stream.lastEventId;
      try {
        for await (const event of stream) this.#take(run, event);
        this.#end(turn.sessionId, null);
        break;
      } catch (error) {
        if (stream.lastEventId !== before) failed = 0;
        const known = stream.lastEventId !== undefined || failed > 0;
        if (!known || !isInterrupted(error) || failed >= RECONNECTS) {
          this.#end(turn.sessionId, error);
          break;
        }
        this.#change(run, { phase: "reconnecting" });
        await untilOnline(failed);
        const after = stream.lastEventId;
        const lastEventId = after === undefined ? {} : { lastEventId: after };
        stream = this.#client().watchRequest(turn.requestId, lastEventId);
      }
    }
    return this.#runs.get(turn.sessionId) ?? run;
  }

  #take({ sessionId, requestId }: Run, event: RequestEvent): void {
    const now = this.#runs.get(sessionId);
    if (event.type === "selected" && event.data.selection.fallback_used) {
      this.#fallbacks.set(requestId, event.data.selection);
    }
    if (now?.requestId === requestId) this.#change(now, changeOf(now, event));
  }

  #end(sessionId: string, error: unknown): void {
    const run = this.#runs.get(sessionId);
    if (run === undefined) return;
    this.#forget(sessionId);
    const gone = error instanceof RequestNotFoundError; // it ended long ago: the session has the answer
    const wanted = run.stopped && isStopped(error);
    this.#change(run, error === null || gone || wanted ? { phase: "ended" } : { phase: "failed", error });
  }

  #change(run: Run, change: Partial<Run>): void {
    const now = this.#runs.get(run.sessionId);
    if (now === undefined || now.requestId !== run.requestId) return;
    this.#runs.set(run.sessionId, { ...now, ...change });
    this.#tell();
  }

  #tell(): void {
    if (this.#painting) return;
    this.#painting = true;
    this.#schedule(() => {
      this.#painting = false;
      for (const listener of this.#listeners) listener();
    });
  }

  #remember(turn: Turn): void {
    const turns = kept<Record<string, Turn>>(KEY) ?? {};
    keep(KEY, { ...turns, [turn.sessionId]: turn });
  }

  #forget(sessionId: string): void {
    const { [sessionId]: _, ...others } = kept<Record<string, Turn>>(KEY) ?? {};
    keep(KEY, Object.keys(others).length === 0 ? null : others);
  }
}

/** What an event changes in a run. */
function changeOf(now: Run, event: RequestEvent): Partial<Run> {
  switch (event.type) {
    case "selected":
      return { selection: event.data.selection, phase: begun(now) };
    case "queued":
      return { phase: "queued", queuePosition: event.data.queue_position, etaS: event.data.eta_s };
    case "loading":
      return { phase: "loading", progressPct: event.data.progress_pct };
    case "progress": {
      const { progress_pct: progressPct, preview } = event.data;
      return { phase: "answering", progressPct, ...(preview === undefined ? {} : { preview: [preview] }) };
    }
    case "delta": {
      const { text = "", reasoning = "" } = event.data;
      return { phase: "answering", text: now.text + text, reasoning: now.reasoning + reasoning };
    }
    case "output":
      return { output: event.data };
    case "status":
      return { queuePosition: event.data.queue_position, etaS: event.data.eta_s };
  }
}

function begun(run: Run): Phase {
  return run.phase === "reconnecting" && run.text !== "" ? "answering" : "sending";
}

function isStopped(error: unknown): boolean {
  return error instanceof ApiError && error.code === "request_cancelled";
}
