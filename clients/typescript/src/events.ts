/** What a stream brings. */

import type { GenerateResponse, Job, RequestStatus, Selection } from "./types.js";

interface Event<Type extends string, Data> {
  type: Type;
  /** The event's number, from 1. */
  id: number;
  data: Data;
}

/** A call of a tool, or a piece of one: OpenAI's shape. */
export type ToolCall = Record<string, unknown>;

/** Who answers; again if a fallback changes it. */
export type SelectedEvent = Event<"selected", { request_id: string; selection: Selection }>;
/** The request waits; `queue_position` 1 is next, `eta_s` in seconds. Again at every change. */
export type QueuedEvent = Event<"queued", { request_id: string; queue_position: number; eta_s: number | null }>;
/** The model is being loaded; `progress_pct` from 0 to 100. */
export type LoadingEvent = Event<"loading", { model: string; progress_pct: number | null }>;
/** A piece of text, of reasoning or of calls of tools. */
export type DeltaEvent = Event<"delta", { text?: string; reasoning?: string; tool_calls?: ToolCall[] }>;
/** How far an image or a mesh is; `preview` is a data URL. */
export type ProgressEvent = Event<
  "progress",
  { progress_pct: number | null; step: number | null; steps: number | null; preview?: string }
>;
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
