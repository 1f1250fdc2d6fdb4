/** What a stream brings. */

import type { GenerateResponse, Job, RequestStatus, Schemas } from "./types.js";

interface Event<Type extends string, Data> {
  type: Type;
  /** The event's number, from 1. */
  id: number;
  data: Data;
}

/** Who answers; again if a fallback changes it. */
export type SelectedEvent = Event<"selected", Schemas["SelectedData"]>;
/** The request waits; `queue_position` 1 is next, `eta_s` in seconds. Again at every change. */
export type QueuedEvent = Event<"queued", Schemas["QueuedData"]>;
/** The model is being loaded; `progress_pct` from 0 to 100. */
export type LoadingEvent = Event<"loading", Schemas["LoadingData"]>;
/** A piece of text, of reasoning or of calls of tools. */
export type DeltaEvent = Event<"delta", Schemas["DeltaData"]>;
/** How far an image or a mesh is; `preview` is a data URL. */
export type ProgressEvent = Event<"progress", Schemas["ProgressData"]>;
/** The whole answer, once. */
export type OutputEvent = Event<"output", GenerateResponse>;
/** How far a request is that keeps no events of its own. */
export type StatusEvent = Event<"status", RequestStatus>;
/** How far a job is. */
export type JobEvent = Event<"status", Job>;

/** What the stream of a generation brings. An `error` event is thrown as an `ApiError`. */
export type StreamEvent = SelectedEvent | QueuedEvent | LoadingEvent | DeltaEvent | ProgressEvent | OutputEvent;

/** What following a request brings. */
export type RequestEvent = StreamEvent | StatusEvent;

/** The events that this version knows; others are left out. */
export const EVENT_TYPES: ReadonlySet<string> = new Set([
  "selected",
  "queued",
  "loading",
  "delta",
  "progress",
  "output",
  "status",
]);
