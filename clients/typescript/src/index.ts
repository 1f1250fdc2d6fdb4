/** The TypeScript client of Pluggably. */

export type { components, operations, paths } from "./api.js";
export { BackgroundRequest, type WaitOptions } from "./background.js";
export { type FollowOptions, Pluggably } from "./client.js";
export * from "./errors.js";
export type * from "./events.js";
export { fromDataUrl, toDataUrl } from "./files.js";
export { newRequestId } from "./generation.js";
export { Paged } from "./paging.js";
export { Session, Sessions } from "./sessions.js";
export { EventStream } from "./stream.js";
export type { Call, Options, Timeouts } from "./transport.js";
export type {
  Accepted,
  Artifact,
  CallOptions,
  GenerateOptions,
  GenerateRequest,
  GenerateResponse,
  ImageInput,
  Job,
  MeshFormat,
  Message,
  Modality,
  ModelInfo,
  Profile,
  Progress,
  RequestInfo,
  RequestStatus,
  RuntimeStatus,
  Schemas,
  Selection,
  SessionDetail,
  SessionGenerateRequest,
  SessionInfo,
} from "./types.js";
