/** Images and meshes under way, and those that failed. They go on while other pages are looked at, and after a reload. */

import {
  ApiError,
  type EventStream,
  newRequestId,
  type Pluggably,
  type RequestEvent,
  RequestNotFoundError,
  type RequestStatus,
} from "@pluggably/client";
import { isInterrupted, RECONNECTS, untilOnline, whenPainted } from "../../common/follow";
import { keep, kept } from "../../common/kept";
import { type Problem, problemOf } from "../../common/problems";

export type Modality = "image" | "3d";

/** What to make. `model` "auto": one that makes what is wanted. */
export interface Order {
  modality: Modality;
  model: string;
  prompt: string;
  /** Data URLs, addresses, and `artifact:ID`. */
  images: string[];
  parameters: Record<string, unknown>;
}

export type Phase = "sending" | "queued" | "loading" | "making" | "reconnecting" | "finishing" | "failed";

export interface Work {
  requestId: string;
  /** Null where it was ordered elsewhere: the gateway tells nobody its prompt. */
  order: Order | null;
  modality: Modality;
  startedAt: string;
  phase: Phase;
  progressPct: number | null;
  step: number | null;
  steps: number | null;
  queuePosition: number | null;
  etaS: number | null;
  /** A data URL of what it looks like so far. */
  preview: string | null;
  /** Who makes it, where another model took over. */
  fallback: string | null;
  problem: Problem | null;
  /** Somebody pressed cancel. */
  stopped: boolean;
}

export type Streams = Pick<Pluggably, "stream" | "watchRequest" | "cancelRequest" | "listRequests">;

const KEY = "pluggably.works";

export class Works {
  readonly #client: () => Streams;
  readonly #schedule: (paint: () => void) => void;
  readonly #listeners = new Set<() => void>();
  readonly #onMade: () => Promise<void>;
  #works: readonly Work[] = [];
  #painting = false;

  /** `onMade` is awaited when something is finished: its card stays until what was made is in the gallery. */
  constructor(streams: () => Streams, onMade: () => Promise<void>, schedule = whenPainted) {
    this.#client = streams;
    this.#onMade = onMade;
    this.#schedule = schedule;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Newest first. */
  all = (): readonly Work[] => this.#works;

  /** Have something made; resolves when it is, or has failed. Never rejects. */
  start(order: Order): Promise<void> {
    const work = begun(newRequestId(), order.modality, order, new Date().toISOString());
    return this.#follow(work, () => this.#open(work.requestId, order));
  }

  /** Go on with what was under way when the page was left, and show what was ordered elsewhere. */
  async resume(): Promise<void> {
    for (const work of kept<Work[]>(KEY) ?? []) {
      if (this.#find(work.requestId) !== undefined) continue;
      if (work.phase === "failed") this.#put(work);
      else void this.#pickUp(work);
    }
    const active = await this.#client().listRequests({ status: "active" });
    for (const request of active.requests) this.#discover(request);
  }

  /** Stop something; its card goes. */
  async cancel(requestId: string): Promise<void> {
    this.#change(requestId, { stopped: true });
    try {
      await this.#client().cancelRequest(requestId);
    } catch (error) {
      if (!(error instanceof RequestNotFoundError)) this.#fail(requestId, error);
    }
  }

  /** Forget something that failed. */
  dismiss(requestId: string): void {
    this.#remove(requestId);
  }

  #discover({ request_id: id, modality, created_at: at }: RequestStatus): void {
    if ((modality !== "image" && modality !== "3d") || this.#find(id) !== undefined) return;
    void this.#pickUp(begun(id, modality, null, at));
  }

  #pickUp(work: Work): Promise<void> {
    const again = {
      ...begun(work.requestId, work.modality, work.order, work.startedAt),
      phase: "reconnecting" as const,
    };
    return this.#follow(again, () => this.#client().watchRequest(work.requestId));
  }

  #open(requestId: string, { modality, model, prompt, images, parameters }: Order): EventStream<RequestEvent> {
    const request = {
      prompt,
      modality,
      parameters,
      keep: true,
      ...(model === "auto" ? {} : { model }),
      ...(images.length === 0 ? {} : { images }),
    };
    return this.#client().stream(request, { requestId, background: true }) as EventStream<RequestEvent>;
  }

  async #follow(work: Work, open: () => EventStream<RequestEvent>): Promise<void> {
    const id = work.requestId;
    this.#put(work);
    let stream = open();
    for (let failed = 0; ; failed++) {
      const before = stream.lastEventId;
      try {
        for await (const event of stream) this.#change(id, changeOf(event));
        break;
      } catch (error) {
        if (error instanceof RequestNotFoundError) break; // it ended long ago
        if (stream.lastEventId !== before) failed = 0;
        const known = work.phase === "reconnecting" || stream.lastEventId !== undefined || failed > 0;
        if (!known || !isInterrupted(error) || failed >= RECONNECTS) {
          this.#fail(id, error);
          return;
        }
        this.#change(id, { phase: "reconnecting" });
        await untilOnline(failed);
        const after = stream.lastEventId;
        stream = this.#client().watchRequest(id, after === undefined ? {} : { lastEventId: after });
      }
    }
    this.#change(id, { phase: "finishing", progressPct: 100 });
    try {
      await this.#onMade();
    } finally {
      this.#remove(id);
    }
  }

  #fail(requestId: string, error: unknown): void {
    const cancelled = error instanceof ApiError && error.code === "request_cancelled";
    if (cancelled && this.#find(requestId)?.stopped === true) this.#remove(requestId);
    else this.#change(requestId, { phase: "failed", problem: problemOf(error), stopped: false });
  }

  #find(requestId: string): Work | undefined {
    return this.#works.find((work) => work.requestId === requestId);
  }

  #put(work: Work): void {
    const others = this.#works.filter(({ requestId }) => requestId !== work.requestId);
    this.#works = [work, ...others].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
    this.#remember();
    this.#tell();
  }

  #change(requestId: string, change: Partial<Work>): void {
    this.#works = this.#works.map((work) => (work.requestId === requestId ? { ...work, ...change } : work));
    if (change.phase === "failed") this.#remember();
    this.#tell();
  }

  #remove(requestId: string): void {
    this.#works = this.#works.filter((work) => work.requestId !== requestId);
    this.#remember();
    this.#tell();
  }

  #remember(): void {
    keep(KEY, this.#works.length === 0 ? null : this.#works.map((work) => ({ ...work, preview: null })));
  }

  #tell(): void {
    if (this.#painting) return;
    this.#painting = true;
    this.#schedule(() => {
      this.#painting = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

function begun(requestId: string, modality: Modality, order: Order | null, startedAt: string): Work {
  return {
    requestId,
    order,
    modality,
    startedAt,
    phase: "sending",
    progressPct: null,
    step: null,
    steps: null,
    queuePosition: null,
    etaS: null,
    preview: null,
    fallback: null,
    problem: null,
    stopped: false,
  };
}

/** What an event changes. */
function changeOf(event: RequestEvent): Partial<Work> {
  switch (event.type) {
    case "selected": {
      const { fallback_used: used, selected_model: model } = event.data.selection;
      return { phase: "sending", fallback: used ? model : null };
    }
    case "queued":
      return { phase: "queued", queuePosition: event.data.queue_position, etaS: event.data.eta_s };
    case "loading":
      return { phase: "loading", progressPct: event.data.progress_pct };
    case "progress": {
      const { progress_pct: progressPct, step, steps, preview } = event.data;
      return { phase: "making", progressPct, step, steps, ...(preview === undefined ? {} : { preview }) };
    }
    case "status": {
      const { status, queue_position: queuePosition, eta_s: etaS, progress_pct: progressPct } = event.data;
      return { phase: status === "running" ? "making" : "queued", queuePosition, etaS, progressPct };
    }
    case "delta":
    case "output":
      return {};
  }
}
