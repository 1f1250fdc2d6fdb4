/** The client: one method for each operation of the server. */

import { BackgroundRequest, type WaitOptions } from "./background.js";
import { apiError } from "./errors.js";
import type { JobEvent, RequestEvent, StreamEvent } from "./events.js";
import { fromDataUrl } from "./files.js";
import { ANYWHERE, follow, generate, stream, submit } from "./generation.js";
import type { Paged } from "./paging.js";
import { Sessions } from "./sessions.js";
import { EventStream } from "./stream.js";
import { type Options, Transport } from "./transport.js";
import type {
  Artifact,
  Body,
  CallOptions,
  GenerateOptions,
  GenerateRequest,
  GenerateResponse,
  Job,
  MeshFormat,
  ModelInfo,
  Profile,
  Progress,
  Query,
  RequestInfo,
  RequestStatus,
  RuntimeStatus,
  Schemas,
} from "./types.js";
import { Anthropic, OpenAI } from "./vendors.js";

/** What following something that goes on by itself may be given. */
export interface FollowOptions {
  /** Go on after the event of this number. */
  lastEventId?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A Pluggably server. Every method throws what `errors.ts` names, or the reason of its signal. */
export class Pluggably {
  readonly #http: Transport;
  readonly sessions: Sessions;
  /** The endpoints that have OpenAI's shape. */
  readonly openai: OpenAI;
  /** The endpoints that have Anthropic's shape. */
  readonly anthropic: Anthropic;

  constructor(options: Options = {}) {
    this.#http = new Transport(options);
    this.sessions = new Sessions(this.#http);
    this.openai = new OpenAI(this.#http);
    this.anthropic = new Anthropic(this.#http);
  }

  /** The server's address, without a slash at its end. */
  get baseUrl(): string {
    return this.#http.baseUrl;
  }

  // Generating

  /** Generate and wait for the whole answer. A string is a prompt. */
  generate(request: string | GenerateRequest, options?: GenerateOptions): Promise<GenerateResponse> {
    return generate(this.#http, ANYWHERE, request, options);
  }

  /**
   * Generate, event by event; the last one is `output`. Leaving the loop cancels the request. With `background` it
   * goes on instead, and a connection that breaks is taken up again where it broke.
   */
  stream(
    request: string | GenerateRequest,
    options?: GenerateOptions & { background?: boolean },
  ): EventStream<StreamEvent> {
    return stream(this.#http, ANYWHERE, request, options);
  }

  /** Have a request taken that goes on by itself. */
  async submit(request: string | GenerateRequest, options?: GenerateOptions): Promise<BackgroundRequest> {
    const accepted = await submit(this.#http, ANYWHERE, request, options);
    return new BackgroundRequest(this.#http, accepted.request_id, accepted);
  }

  /** The background request with this id. */
  background(requestId: string): BackgroundRequest {
    return new BackgroundRequest(this.#http, requestId);
  }

  /** The images or the mesh of an answer, wherever they are: inline, or kept by the server. */
  files({ output }: GenerateResponse, options: CallOptions = {}): Promise<Blob[]> {
    const inline = [...(output.images ?? []), ...(output.mesh === null ? [] : [output.mesh])].map(fromDataUrl);
    const kept = (output.artifacts ?? []).map((artifact) => this.getArtifact(artifact, options));
    return Promise.all([...inline, ...kept]);
  }

  // Requests

  /** The caller's requests under way, and background requests whose result is kept; newest first. */
  listRequests(
    query: Query<"get", "/v1/requests"> = {},
    options?: CallOptions,
  ): Paged<Schemas["RequestList"], RequestStatus> {
    return this.#http.list("/v1/requests", (page) => page.requests, { query, ...options });
  }

  /** A request; a background request that has completed with its `result`. */
  getRequest(id: string, options?: CallOptions): Promise<RequestInfo> {
    const reply = this.#http.call("get", "/v1/requests/{request_id}", { path: { request_id: id }, ...options });
    return reply as Promise<RequestInfo>;
  }

  /** How far a request is. */
  getRequestStatus(id: string, options?: CallOptions): Promise<RequestStatus> {
    return this.#http.call("get", "/v1/requests/{request_id}/status", { path: { request_id: id }, ...options });
  }

  /** Stop a request, whether it waits, loads or runs. */
  cancelRequest(id: string, options?: CallOptions): Promise<Schemas["CancelRead"]> {
    return this.#http.call("post", "/v1/requests/{request_id}/cancel", { path: { request_id: id }, ...options });
  }

  /** A background request's events, from the first or after `lastEventId`; of other requests their status. */
  watchRequest(id: string, options?: FollowOptions): EventStream<RequestEvent> {
    return follow(this.#http, id, options);
  }

  /** Wait for a background request's answer; `onProgress` is given every event on the way. */
  waitForRequest(id: string, options?: WaitOptions): Promise<GenerateResponse> {
    return this.background(id).wait(options);
  }

  // Models

  /** The models that match; all of them at once without `limit`. */
  listModels(query: Query<"get", "/v1/models"> = {}, options?: CallOptions): Paged<Schemas["ModelList"], ModelInfo> {
    return this.#http.list("/v1/models", (page) => page.models, { query, ...options });
  }

  getModel(id: string, options?: CallOptions): Promise<ModelInfo> {
    return this.#http.call("get", "/v1/models/{model_id}", { path: { model_id: id }, ...options });
  }

  /** Write a model into the catalog. */
  registerModel(body: Body<"post", "/v1/models">, options?: CallOptions): Promise<ModelInfo> {
    return this.#http.call("post", "/v1/models", { body, ...options });
  }

  updateModel(id: string, body: Schemas["ModelChange"], options?: CallOptions): Promise<ModelInfo> {
    return this.#http.call("patch", "/v1/models/{model_id}", { path: { model_id: id }, body, ...options });
  }

  /** Take a model out of the catalog; with `files` its files too. */
  removeModel(id: string, query: { files?: boolean } = {}, options?: CallOptions): Promise<ModelInfo> {
    return this.#http.call("delete", "/v1/models/{model_id}", { path: { model_id: id }, query, ...options });
  }

  /** Make a model the default of its modality. */
  setDefaultModel(id: string, options?: CallOptions): Promise<ModelInfo> {
    return this.#http.call("post", "/v1/models/{model_id}/default", { path: { model_id: id }, ...options });
  }

  /** Whether a model is in memory, and how busy it is. */
  getModelStatus(id: string, options?: CallOptions): Promise<RuntimeStatus> {
    return this.#http.call("get", "/v1/models/{model_id}/status", { path: { model_id: id }, ...options });
  }

  /** Bring a model into memory; with `wait` until it is there. */
  loadModel(id: string, body: Schemas["LoadRequest"] = {}, options?: CallOptions): Promise<Schemas["RuntimeChange"]> {
    const sent = { path: { model_id: id }, body, kind: "generate" as const, ...options };
    return this.#http.call("post", "/v1/models/{model_id}/load", sent);
  }

  /** Take a model out of memory; `force` overrides a pin and lets running requests finish first. */
  unloadModel(
    id: string,
    body: Schemas["UnloadRequest"] = {},
    options?: CallOptions,
  ): Promise<Schemas["RuntimeChange"]> {
    const sent = { path: { model_id: id }, body, kind: "generate" as const, ...options };
    return this.#http.call("post", "/v1/models/{model_id}/unload", sent);
  }

  /** The models that are in memory. */
  async listLoadedModels(options?: CallOptions): Promise<Schemas["LoadedModelInfo"][]> {
    return (await this.#http.call("get", "/v1/models/loaded", { ...options })).models;
  }

  /** The parameters of one model as JSON Schema. */
  getModelSchema(model: string, options?: CallOptions): Promise<Schemas["ModelSchemaInfo"]> {
    const reply = this.#http.call("get", "/v1/schema", { query: { model }, ...options });
    return reply as Promise<Schemas["ModelSchemaInfo"]>;
  }

  /** Every known parameter, and how to ask. */
  schema(options?: CallOptions): Promise<Schemas["SchemaInfo"]> {
    return this.#http.call("get", "/v1/schema", { ...options }) as Promise<Schemas["SchemaInfo"]>;
  }

  // Downloads and storage

  /** Models of a hub. */
  searchModels(
    query: Query<"get", "/v1/models/search">,
    options?: CallOptions,
  ): Paged<Schemas["FoundModels"], Schemas["FoundModels"]["results"][number]> {
    return this.#http.list("/v1/models/search", (page) => page.results, { query, ...options });
  }

  /** The files of a hub's repository. */
  async listModelFiles(
    repo: string,
    query: Query<"get", "/v1/models/search/{repo}/files"> = {},
    options?: CallOptions,
  ): Promise<Schemas["HubFile"][]> {
    const sent = { path: { repo }, query, ...options };
    return (await this.#http.call("get", "/v1/models/search/{repo}/files", sent)).files;
  }

  /** Fetch a model's files in the background; an equal download that is under way is joined. */
  downloadModel(body: Body<"post", "/v1/models/download">, options?: CallOptions): Promise<Job> {
    return this.#http.call("post", "/v1/models/download", { body, ...options });
  }

  /** Jobs under way and ended ones, newest first. */
  listJobs(query: Query<"get", "/v1/jobs"> = {}, options?: CallOptions): Paged<Schemas["JobList"], Job> {
    return this.#http.list("/v1/jobs", (page) => page.jobs, { query, ...options });
  }

  getJob(id: string, options?: CallOptions): Promise<Job> {
    return this.#http.call("get", "/v1/jobs/{job_id}", { path: { job_id: id }, ...options });
  }

  cancelJob(id: string, options?: CallOptions): Promise<Job> {
    return this.#http.call("delete", "/v1/jobs/{job_id}", { path: { job_id: id }, ...options });
  }

  /** A job at every change, until it has ended. */
  watchJob(id: string, options: FollowOptions = {}): EventStream<JobEvent> {
    const open = (after: number | undefined, signal: AbortSignal) => {
      const headers: Record<string, string> = after === undefined ? {} : { "Last-Event-ID": String(after) };
      return this.#http.open("get", "/v1/jobs/{job_id}/events", { path: { job_id: id }, headers, signal });
    };
    const { timeouts, retries } = this.#http;
    return new EventStream<JobEvent>({ open, reopen: open, ...options, idle: timeouts.idle, retries });
  }

  /** Wait for a job's end; `onProgress` is given the job at every change. Throws the error of a job that failed. */
  async waitForJob(
    id: string,
    { onProgress, signal }: { onProgress?: (job: Job) => void; signal?: AbortSignal } = {},
  ): Promise<Job> {
    for await (const { data: job } of this.watchJob(id, { signal })) {
      onProgress?.(job);
      if (job.status === "failed") throw apiError({ error: job.error });
      if (job.finished_at !== null) return job;
    }
    return this.getJob(id, { signal });
  }

  /** What model files take on the server's disk. */
  storage(options?: CallOptions): Promise<Schemas["StorageRead"]> {
    return this.#http.call("get", "/v1/storage", { ...options });
  }

  /** Remove what is not needed, in the background. */
  cleanStorage(options?: CallOptions): Promise<Job> {
    const body = { dry_run: false };
    return this.#http.call("post", "/v1/storage/clean", { body, ...options }) as Promise<Job>;
  }

  /** What `cleanStorage` would remove. */
  planCleanup(options?: CallOptions): Promise<Schemas["CleanupPlan"]> {
    const body = { dry_run: true };
    return this.#http.call("post", "/v1/storage/clean", { body, ...options }) as Promise<Schemas["CleanupPlan"]>;
  }

  // Artifacts

  /** The caller's images and meshes, newest first. */
  listArtifacts(
    query: Query<"get", "/v1/artifacts"> = {},
    options?: CallOptions,
  ): Paged<Schemas["ArtifactList"], Artifact> {
    return this.#http.list("/v1/artifacts", (page) => page.artifacts, { query, ...options });
  }

  /** An artifact's file; a mesh in the `format` that is wanted. */
  getArtifact(
    artifact: string | Pick<Artifact, "id">,
    options: CallOptions & { format?: MeshFormat; onProgress?: (progress: Progress) => void } = {},
  ): Promise<Blob> {
    const { format, onProgress, ...rest } = options;
    const sent = { path: idOf(artifact), query: { format }, headers: { Accept: "*/*" }, ...rest };
    return this.#http.file("get", "/v1/artifacts/{artifact_id}", sent, onProgress);
  }

  /** How large an artifact's file is, in bytes, and of which media type. */
  async statArtifact(
    artifact: string | Pick<Artifact, "id">,
    options?: CallOptions,
  ): Promise<{ mediaType: string; sizeBytes: number }> {
    const sent = { path: idOf(artifact), headers: { Accept: "*/*" }, ...options };
    const headers = await this.#http.headers("head", "/v1/artifacts/{artifact_id}", sent);
    return { mediaType: headers.get("content-type") ?? "", sizeBytes: Number(headers.get("content-length")) };
  }

  /** Delete an artifact before its time, for good. */
  async deleteArtifact(artifact: string | Pick<Artifact, "id">, options?: CallOptions): Promise<void> {
    await this.#http.call("delete", "/v1/artifacts/{artifact_id}", { path: idOf(artifact), ...options });
  }

  // Users

  register(body: Schemas["Registration"], options?: CallOptions): Promise<Profile> {
    return this.#http.call("post", "/v1/users/register", { body, anonymous: true, ...options });
  }

  /**
   * Log in. The token is kept in memory and sent from now on. With `cookie` there is none: the browser keeps a cookie
   * that no script can read, for a page that the gateway serves itself.
   */
  async login(body: Schemas["Login"], options?: CallOptions): Promise<Schemas["LoggedIn"]> {
    const answer = await this.#http.call("post", "/v1/users/login", { body, anonymous: true, ...options });
    this.#http.useToken(answer.token);
    return answer;
  }

  /** Log out; the token or the cookie is worth nothing any more. The client forgets its token whatever the server says. */
  async logout(options?: CallOptions): Promise<void> {
    try {
      await this.#http.call("post", "/v1/users/logout", { ...options });
    } finally {
      this.#http.useToken(null);
    }
  }

  me(options?: CallOptions): Promise<Profile> {
    return this.#http.call("get", "/v1/users/me", { ...options });
  }

  updateMe(body: Schemas["ProfileChange"], options?: CallOptions): Promise<Profile> {
    return this.#http.call("patch", "/v1/users/me", { body, ...options });
  }

  /** Change the password; that ends every other login. */
  changePassword(body: Schemas["PasswordChange"], options?: CallOptions): Promise<Profile> {
    return this.#http.call("post", "/v1/users/me/password", { body, ...options });
  }

  /** What the caller may use, and has used. */
  myLimits(options?: CallOptions): Promise<Schemas["MyLimits"]> {
    return this.#http.call("get", "/v1/users/me/limits", { ...options });
  }

  listUserTokens(
    query: Query<"get", "/v1/users/tokens"> = {},
    options?: CallOptions,
  ): Paged<Schemas["TokenList"], Schemas["TokenRead"]> {
    return this.#http.list("/v1/users/tokens", (page) => page.tokens, { query, ...options });
  }

  /** A new token; it is shown this once. */
  createUserToken(body: Schemas["TokenCreate"], options?: CallOptions): Promise<Schemas["TokenCreated"]> {
    return this.#http.call("post", "/v1/users/tokens", { body, ...options });
  }

  revokeUserToken(id: string, options?: CallOptions): Promise<Schemas["TokenRead"]> {
    return this.#http.call("delete", "/v1/users/tokens/{token_id}", { path: { token_id: id }, ...options });
  }

  getTokenLimits(id: string, options?: CallOptions): Promise<Schemas["LimitsRead"]> {
    return this.#http.call("get", "/v1/users/tokens/{token_id}/limits", { path: { token_id: id }, ...options });
  }

  /** Set a token's limits; those that are left out are set no more. */
  setTokenLimits(id: string, body: Schemas["LimitsChange"], options?: CallOptions): Promise<Schemas["LimitsRead"]> {
    return this.#http.call("put", "/v1/users/tokens/{token_id}/limits", { path: { token_id: id }, body, ...options });
  }

  listProviderKeys(
    query: Query<"get", "/v1/users/provider-keys"> = {},
    options?: CallOptions,
  ): Paged<Schemas["ProviderKeyList"], Schemas["ProviderKeyRead"]> {
    return this.#http.list("/v1/users/provider-keys", (page) => page.provider_keys, { query, ...options });
  }

  /** Store the caller's own credential for a provider. */
  addProviderKey(body: Schemas["ProviderKeyCreate"], options?: CallOptions): Promise<Schemas["ProviderKeyRead"]> {
    return this.#http.call("post", "/v1/users/provider-keys", { body, ...options });
  }

  removeProviderKey(provider: string, options?: CallOptions): Promise<Schemas["ProviderKeyRead"]> {
    return this.#http.call("delete", "/v1/users/provider-keys/{provider}", { path: { provider }, ...options });
  }

  /** Try the caller's credential for a provider. */
  checkProviderKey(provider: string, options?: CallOptions): Promise<Schemas["CheckRead"]> {
    return this.#http.call("post", "/v1/users/provider-keys/{provider}/check", { path: { provider }, ...options });
  }

  // Administration

  /** Every user, newest first. */
  listUsers(
    query: Query<"get", "/v1/users"> = {},
    options?: CallOptions,
  ): Paged<Schemas["UserList"], Schemas["UserRead"]> {
    return this.#http.list("/v1/users", (page) => page.users, { query, ...options });
  }

  updateUser(id: string, body: Schemas["UserChange"], options?: CallOptions): Promise<Schemas["UserRead"]> {
    return this.#http.call("patch", "/v1/users/{user_id}", { path: { user_id: id }, body, ...options });
  }

  getLimits(userId: string, options?: CallOptions): Promise<Schemas["LimitsRead"]> {
    return this.#http.call("get", "/v1/users/{user_id}/limits", { path: { user_id: userId }, ...options });
  }

  /** Set a user's limits; those that are left out are set no more. */
  setLimits(userId: string, body: Schemas["LimitsChange"], options?: CallOptions): Promise<Schemas["LimitsRead"]> {
    return this.#http.call("put", "/v1/users/{user_id}/limits", { path: { user_id: userId }, body, ...options });
  }

  listInvites(
    query: Query<"get", "/v1/users/invites"> = {},
    options?: CallOptions,
  ): Paged<Schemas["InviteList"], Schemas["InviteRead"]> {
    return this.#http.list("/v1/users/invites", (page) => page.invites, { query, ...options });
  }

  /** A new invite; its token is shown this once. */
  createInvite(body: Schemas["InviteCreate"] = {}, options?: CallOptions): Promise<Schemas["InviteCreated"]> {
    return this.#http.call("post", "/v1/users/invites", { body, ...options });
  }

  revokeInvite(id: string, options?: CallOptions): Promise<Schemas["InviteRead"]> {
    return this.#http.call("delete", "/v1/users/invites/{invite_id}", { path: { invite_id: id }, ...options });
  }

  /** Who did what, newest first. */
  audit(
    query: Query<"get", "/v1/audit"> = {},
    options?: CallOptions,
  ): Paged<Schemas["AuditList"], Schemas["AuditEntry"]> {
    return this.#http.list("/v1/audit", (page) => page.audit, { query, ...options });
  }

  /** Requests, tokens and cost by model, day or (for admins) user. */
  usage(query: Query<"get", "/v1/usage"> = {}, options?: CallOptions) {
    return this.#http.call("get", "/v1/usage", { query, ...options });
  }

  // The server

  /** The providers that can be asked, and what a credential for each consists of. */
  async listProviders(options?: CallOptions): Promise<Schemas["ProviderRead"][]> {
    return (await this.#http.call("get", "/v1/providers", { ...options })).providers;
  }

  features(options?: CallOptions): Promise<Schemas["FeaturesRead"]> {
    return this.#http.call("get", "/v1/features", { ...options });
  }

  version(options?: CallOptions): Promise<Schemas["VersionRead"]> {
    return this.#http.call("get", "/v1/version", { ...options });
  }

  /** Whether the server is alive. */
  health(options?: CallOptions): Promise<Schemas["HealthRead"]> {
    return this.#http.call("get", "/health", { ...options });
  }

  /** Whether the server can serve, and what is missing where it can't: that is no error here. */
  ready(options?: CallOptions): Promise<Schemas["ReadyRead"]> {
    return this.#http.call("get", "/ready", { accept: 503, ...options });
  }

  /** `health`, without a body: throws where the server is not alive. */
  async ping(options?: CallOptions): Promise<void> {
    await this.#http.call("head", "/health", { ...options });
  }

  /** `ready`, without a body: throws where the server can't serve. */
  async assertReady(options?: CallOptions): Promise<void> {
    await this.#http.call("head", "/ready", { ...options });
  }

  /** What the server measures, as Prometheus reads it. */
  metrics(options?: CallOptions): Promise<string> {
    return this.#http.text("get", "/metrics", { headers: { Accept: "text/plain" }, ...options });
  }
}

function idOf(artifact: string | Pick<Artifact, "id">): { artifact_id: string } {
  return { artifact_id: typeof artifact === "string" ? artifact : artifact.id };
}
