/** Every method writes the requests and reads the answers that a real gateway had and gave, without loss. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, ERROR_CLASSES, fromDataUrl, type GenerateRequest, Pluggably } from "../src/index.js";
import { DONE, event, withServer } from "./server.js";
import { problems } from "./types.js";
import { errors, events, operations, type Request, streams, vectors } from "./vectors.js";

type Call = (client: Pluggably, request: Request) => unknown;

const queryOf = ({ query }: Request): any => query;

/** A path's only value. */
const idOf = ({ path }: Request): string => Object.values(path)[0] ?? "";

const requestOf = ({ body: { input, stream, background, ...rest } }: Request): GenerateRequest => ({
  ...input,
  ...rest,
});
const optionsOf = ({ headers, body }: Request) => ({
  requestId: headers["X-Request-ID"],
  background: body?.background,
});

const formOf = ({ body, files = {} }: Request): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(body ?? {})) form.set(name, String(value));
  for (const [name, url] of Object.entries(files)) form.set(name, fromDataUrl(url), name);
  return form;
};

/** The method of each operation. */
const METHODS: Record<string, Call> = {
  cancel_job: (client, request) => client.cancelJob(idOf(request)),
  cancel_request: (client, request) => client.cancelRequest(idOf(request)),
  change_me: (client, { body }) => client.updateMe(body),
  change_model: (client, request) => client.updateModel(idOf(request), request.body),
  change_my_password: (client, { body }) => client.changePassword(body),
  change_user: (client, request) => client.updateUser(idOf(request), request.body),
  chat_completions: (client, { body }) => client.openai.chatCompletions(body),
  check_provider_key: (client, request) => client.checkProviderKey(idOf(request)),
  clean_storage: (client, { body }) => (body?.dry_run ? client.planCleanup() : client.cleanStorage()),
  close_session: (client, request) =>
    request.query.purge ? client.sessions.purge(idOf(request)) : client.sessions.close(idOf(request)),
  completions: (client, { body }) => client.openai.completions(body),
  count_tokens: (client, { body }) => client.anthropic.countTokens(body),
  create_invite: (client, { body }) => client.createInvite(body ?? undefined),
  create_session: (client, { body }) => client.sessions.create(body ?? undefined),
  create_token: (client, { body }) => client.createUserToken(body),
  download_model: (client, { body }) => client.downloadModel(body),
  edit_images: (client, request) => client.openai.editImages(formOf(request)),
  embeddings: (client, { body }) => client.openai.embeddings(body),
  export_session: async (client, request) => {
    const text = await client.sessions.export(idOf(request), queryOf(request).format);
    return request.query.format === "markdown" ? text : JSON.parse(text);
  },
  delete_artifact: (client, request) => client.deleteArtifact(idOf(request)),
  features: (client) => client.features(),
  fetch_artifact: async (client, request) => {
    await client.getArtifact(idOf(request), { format: queryOf(request).format });
  },
  follow_job: (client, request) => client.watchJob(idOf(request)),
  follow_request: (client, request) =>
    client.watchRequest(idOf(request), { lastEventId: Number(request.headers["Last-Event-ID"] ?? 0) || undefined }),
  generate: async (client, request) =>
    request.body.background
      ? (await client.submit(requestOf(request), optionsOf(request))).accepted
      : client.generate(requestOf(request), optionsOf(request)),
  generate_images: (client, { body }) => client.openai.images(body),
  generate_in_session: (client, request) =>
    client.sessions.generate(idOf(request), requestOf(request), optionsOf(request)),
  get_job: (client, request) => client.getJob(idOf(request)),
  get_model: (client, request) => client.getModel(idOf(request)),
  get_request: (client, request) => client.getRequest(idOf(request)),
  get_request_status: (client, request) => client.getRequestStatus(idOf(request)),
  get_session: (client, request) => client.sessions.get(idOf(request), queryOf(request)),
  head_fetch_artifact: async (client, request) => {
    await client.statArtifact(idOf(request));
  },
  head_health: (client) => client.ping(),
  head_ready: (client) => client.assertReady(),
  health: (client) => client.health(),
  list_artifacts: (client, request) => client.listArtifacts(queryOf(request)),
  list_files: async (client, request) => ({ files: await client.listModelFiles(idOf(request), queryOf(request)) }),
  list_invites: (client, request) => client.listInvites(queryOf(request)),
  list_jobs: (client, request) => client.listJobs(queryOf(request)),
  list_models: (client, request) => client.listModels(queryOf(request)),
  list_provider_keys: (client, request) => client.listProviderKeys(queryOf(request)),
  list_providers: async (client) => ({ providers: await client.listProviders() }),
  list_requests: (client, request) => client.listRequests(queryOf(request)),
  list_sessions: (client, request) => client.sessions.list(queryOf(request)),
  list_tokens: (client, request) => client.listUserTokens(queryOf(request)),
  list_users: (client, request) => client.listUsers(queryOf(request)),
  load_model: (client, request) => client.loadModel(idOf(request), request.body ?? undefined),
  loaded_models: async (client) => ({ models: await client.listLoadedModels() }),
  log_in: (client, { body }) => client.login(body),
  log_out: (client) => client.logout(),
  make_default: (client, request) => client.setDefaultModel(idOf(request)),
  messages: (client, { body }) => client.anthropic.messages(body),
  metrics: (client) => client.metrics(),
  model_status: (client, request) => client.getModelStatus(idOf(request)),
  patch_session: (client, request) => client.sessions.patch(idOf(request), request.body),
  put_session: (client, request) => client.sessions.update(idOf(request), request.body),
  read_audit: (client, request) => client.audit(queryOf(request)),
  read_limits: (client, request) => client.getLimits(idOf(request)),
  read_me: (client) => client.me(),
  read_my_limits: (client) => client.myLimits(),
  read_storage: (client) => client.storage(),
  read_token_limits: (client, request) => client.getTokenLimits(idOf(request)),
  read_usage: (client, request) => client.usage(queryOf(request)),
  ready: (client) => client.ready(),
  regenerate: (client, request) =>
    client.sessions.regenerate(idOf(request), request.body ?? undefined, optionsOf(request)),
  register: (client, { body }) => client.register(body),
  register_model: (client, { body }) => client.registerModel(body),
  remove_model: (client, request) => client.removeModel(idOf(request), queryOf(request)),
  remove_provider_key: (client, request) => client.removeProviderKey(idOf(request)),
  reset_session: (client, request) => client.sessions.reset(idOf(request)),
  responses: (client, { body }) => client.openai.responses(body),
  revoke_invite: (client, request) => client.revokeInvite(idOf(request)),
  revoke_token: (client, request) => client.revokeUserToken(idOf(request)),
  schema: (client, { query }) => (query.model === undefined ? client.schema() : client.getModelSchema(query.model)),
  search_models: (client, request) => client.searchModels(queryOf(request)),
  set_limits: (client, request) => client.setLimits(idOf(request), request.body),
  set_token_limits: (client, request) => client.setTokenLimits(idOf(request), request.body),
  store_provider_key: (client, { body }) => client.addProviderKey(body),
  unload_model: (client, request) => client.unloadModel(idOf(request), request.body ?? undefined),
  vary_images: (client, request) => client.openai.varyImages(formOf(request)),
  version: (client) => client.version(),
};

function without(body: Record<string, unknown>, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== field));
}

function methodOf(operation: string): Call {
  const method = METHODS[operation];
  assert.ok(method, `no method for ${operation}`);
  return method;
}

/** The streams of what also answers with one object. */
const STREAMS: Record<string, Call> = {
  follow_job: methodOf("follow_job"),
  follow_request: methodOf("follow_request"),
  generate: (client, request) => client.stream(requestOf(request), optionsOf(request)),
  generate_in_session: (client, request) =>
    client.sessions.stream(idOf(request), requestOf(request), optionsOf(request)),
  regenerate: (client, request) =>
    client.sessions.streamRegenerate(idOf(request), without(request.body, "stream"), optionsOf(request)),
};

/** The path on the wire: every value one segment. */
const filled = (path: string, values: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));

// req: TEST-UNIT-006
test("every operation of the OpenAPI document has a method", () => {
  assert.deepEqual(Object.keys(METHODS).sort(), [...operations].sort());
});

// req: TEST-UNIT-006
test("the requests are written and the answers read without loss", () =>
  withServer(
    () => undefined,
    async (server) => {
      let compared = 0;
      for (const { operation, method, path, exchanges } of vectors.filter((vector) => vector.exchanges.length > 0)) {
        for (const { name, request, status, response } of exchanges) {
          const isText = typeof response === "string" || response === null;
          server.answers((reply) => {
            reply.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
            reply.end(response === null || method === "HEAD" ? "" : isText ? response : JSON.stringify(response));
          });
          const what = `${operation}, ${name}`;
          const client = new Pluggably({ baseUrl: server.url, retries: 0 });
          const answer = Promise.resolve(methodOf(operation)(client, request));
          const before = server.asked.length;
          if (status < 300) assert.deepEqual(await answer, response ?? undefined, what);
          else await assert.rejects(answer, (error) => error instanceof ApiError && error.status === status, what);
          assert.equal(server.asked.length, before + 1, what);
          const asked = new URL(server.last.url, "http://server");
          assert.deepEqual([server.last.method, asked.pathname], [method, filled(path, request.path)], what);
          const query = Object.entries(request.query).map(([field, value]) => [field, String(value)]);
          assert.deepEqual([...asked.searchParams], query, what);
          if (request.files === undefined && operation !== "vary_images") {
            assert.deepEqual(server.last.body ?? {}, request.body ?? {}, what);
          }
          for (const [header, value] of Object.entries(request.headers)) {
            assert.equal(server.last.headers[header.toLowerCase()], value, what);
          }
          compared += 1;
        }
      }
      assert.ok(compared > 80, `only ${compared} exchanges`);
    },
  ));

// req: TEST-UNIT-006
test("the events of every stream are read without loss", () =>
  withServer(
    () => undefined,
    async (server) => {
      for (const { operation, name, request, events } of [
        ...streams,
        { operation: "follow_request", name: "every event", request: empty("req_1"), events: byNumber() },
      ]) {
        const what = `${operation}, ${name}`;
        const last = Number(request.headers["Last-Event-ID"] ?? 0);
        const after = (events[0]?.id ?? 0) > last ? 0 : last; // the file may number each stream from 1
        server.answers((reply) => {
          reply.writeHead(200, { "content-type": "text/event-stream" });
          reply.end(events.map((each) => event(after + each.id, each.name, each.data)).join("") + DONE);
        });
        const client = new Pluggably({ baseUrl: server.url });
        const stream = STREAMS[operation]?.(client, request) as AsyncIterable<{
          type: string;
          id: number;
          data: unknown;
        }>;
        const found: object[] = [];
        const failed = await collect(stream, found);
        const whole = events.filter((each) => each.name !== "error");
        assert.deepEqual(
          found,
          whole.map(({ name: type, id, data }) => ({ type, id: after + id, data })),
          what,
        );
        assert.equal(failed instanceof ApiError, whole.length < events.length, what);
        assert.deepEqual(server.last.body ?? null, request.body, what);
      }
    },
  ));

const empty = (id: string): Request => ({ path: { request_id: id }, query: {}, headers: {}, body: null });

/** One event of every kind, numbered as one stream would. */
const byNumber = () => {
  const [whole, broken] = [
    events.filter(({ name }) => name !== "error"),
    events.filter(({ name }) => name === "error"),
  ];
  return [...whole, ...broken.slice(0, 1)].map((each, index) => ({ ...each, id: index + 1 }));
};

async function collect(stream: AsyncIterable<object>, found: object[]): Promise<unknown> {
  try {
    for await (const each of stream) found.push(each);
  } catch (error) {
    return error;
  }
  return undefined;
}

// req: TEST-UNIT-006
test("every code has a class, which has all that its envelope says", () =>
  withServer(
    () => undefined,
    async (server) => {
      assert.deepEqual(Object.keys(ERROR_CLASSES).sort(), errors.map(({ code }) => code).sort());
      const client = new Pluggably({ baseUrl: server.url, retries: 0 });
      for (const { code, status, type, envelope } of errors) {
        server.answers((reply) => {
          reply.writeHead(status, { "content-type": "application/json" });
          reply.end(JSON.stringify(envelope));
        });
        const error = await client.me().catch((caught: unknown) => caught);
        assert.ok(error instanceof ERROR_CLASSES[code as keyof typeof ERROR_CLASSES], code);
        const { message, param, details, requestId, retryAfter } = error;
        assert.deepEqual([error.code, error.status, error.type], [code, status, type]);
        const said = { code, type, message, param, details, request_id: requestId, retry_after: retryAfter };
        assert.deepEqual(said, envelope.error);
      }
    },
  ));

// req: TEST-UNIT-006
test("the types fit what really goes over the wire, and know every field of it", () => {
  const lines = [
    'import type { JobEvent, RequestEvent, StreamEvent, operations } from "../../src/index.js";',
    "type Content<T> = T extends { content: { 'application/json': infer Json } } ? Json : never;",
    "type Answer<Id extends keyof operations> =",
    "  { [S in keyof operations[Id]['responses']]: Content<operations[Id]['responses'][S]> }[keyof operations[Id]['responses']];",
    "type Asked<Id extends keyof operations> = Content<NonNullable<operations[Id]['requestBody']>>;",
    "export const fits: unknown[] = [];",
    ...vectors.flatMap(({ operation, exchanges }) =>
      exchanges
        .filter(({ status }) => status < 300 && operation !== "export_session") // a file, of which nothing is said
        .flatMap(({ request, response }) => [
          ...(typeof response === "object" && response !== null
            ? [`fits.push(${JSON.stringify(response)} satisfies Answer<"${operation}">);`]
            : []),
          ...(request.body !== null && request.files === undefined
            ? [`fits.push(${JSON.stringify(request.body)} satisfies Asked<"${operation}">);`]
            : []),
        ]),
    ),
    ...events
      .filter(({ name }) => name !== "error")
      .map(
        ({ name: type, id, data }) =>
          `fits.push(${JSON.stringify({ type, id, data })} satisfies ${type === "status" ? "RequestEvent | JobEvent" : "StreamEvent"});`,
      ),
  ];
  assert.deepEqual(problems(lines.join("\n")), []);
});
