/** Short names of what goes over the wire; all of it comes from the server's OpenAPI document. */

import type { components, paths } from "./api.js";

/** Every schema of the OpenAPI document, by its name there. */
export type Schemas = components["schemas"];

export type Method = "get" | "head" | "post" | "put" | "patch" | "delete";
export type Operation<M extends Method, P extends keyof paths> = NonNullable<paths[P][M]>;

/** The paths that answer a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends undefined ? never : P;
}[keyof paths];

/** The JSON that an operation answers with. */
export type Reply<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { responses: infer Responses }
    ? {
        [Status in keyof Responses]: Responses[Status] extends { content: { "application/json": infer Body } }
          ? Body
          : never;
      }[keyof Responses]
    : never;

/** The query of an operation, every parameter of it optional or not as the document says. */
export type Query<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { parameters: { query?: infer Wanted } } ? NonNullable<Wanted> : never;

/** The JSON that an operation takes. */
export type Body<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { requestBody?: infer Wanted }
    ? NonNullable<Wanted> extends { content: { "application/json": infer Content } }
      ? NonNullable<Content>
      : never
    : never;

type Output = Omit<Schemas["OutputRead"], "artifacts"> & { artifacts: Artifact[] | null };

/** The answer to a generate request. */
export type GenerateResponse = Omit<Schemas["GenerateResponse"], "output"> & { output: Output };

/** An image: a data URL, an http(s) URL, `artifact:ID`, or a `Blob` (a `File` is one), which is sent as a data URL. */
export type ImageInput = string | Blob;

type Input = Omit<Schemas["GenerateInput"], "images"> & { images?: ImageInput[] | null };

/** What to generate: the input (`prompt` or `messages`, `images`, `mesh`) and how. */
export type GenerateRequest = Input & Omit<Schemas["GenerateRequest"], "input" | "stream" | "background">;

/** What to generate in a session. */
export type SessionGenerateRequest = Omit<GenerateRequest, "session_id">;

/** A background request was taken. */
export interface Accepted {
  request_id: string;
  status: "pending" | "queued" | "running";
  queue_position: number | null;
}

/** A request, with its result once a background request has completed. */
export type RequestInfo = Omit<Schemas["RequestRead"], "result"> & { result: GenerateResponse | null };

export type Artifact = Schemas["ArtifactRead"];
export type Job = Schemas["JobRead"];
export type Message = Schemas["MessageRead"];
export type MeshFormat = Schemas["MeshFormat"];
export type Modality = Schemas["Modality"];
export type ModelInfo = Schemas["ModelInfo"];
export type RuntimeStatus = Schemas["RuntimeStatusInfo"];
export type Profile = Schemas["Profile"];
export type RequestStatus = Schemas["RequestStatusRead"];
export type Selection = Schemas["SelectionRead"];
export type SessionDetail = Schemas["SessionDetail"];
export type SessionInfo = Schemas["SessionRead"];

/** How much of a file has come, in bytes; `total` is null where the server does not say. */
export interface Progress {
  loaded: number;
  total: number | null;
}

/** What any call may be given. */
export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds from the call to its answer, in place of the client's own time-outs for this kind of call. */
  timeout?: number | undefined;
}

/** What a call that generates may be given. */
export interface GenerateOptions extends CallOptions {
  /** The request's id, 8 to 64 of `A-Za-z0-9_-`; made up where it is left out. */
  requestId?: string | undefined;
}
