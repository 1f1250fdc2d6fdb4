/** Credentials, errors, repeats, time-outs, lists, files: against a real server on loopback. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as errors from "../src/errors.js";
import { type Call, fromDataUrl, Pluggably, toDataUrl } from "../src/index.js";
import { failing, json, type RecordingServer, withServer } from "./server.js";

const clientOf = (server: RecordingServer, options = {}) => new Pluggably({ baseUrl: server.url, ...options });

test("a key and a token go in the headers that the contract names", () =>
  withServer(json({}), async (server) => {
    await clientOf(server, { apiKey: "key" }).me();
    assert.equal(server.last.headers["x-api-key"], "key");
    assert.equal(server.last.headers.authorization, undefined);
    await clientOf(server, { token: "jwt" }).me();
    assert.equal(server.last.headers.authorization, "Bearer jwt");
    assert.equal(server.last.headers["x-api-key"], undefined);
    assert.throws(() => clientOf(server, { apiKey: "key", token: "jwt" }), /not both/);
  }));

test("the token of a login is sent from then on, and forgotten with the logout", () =>
  withServer(json({ token: "jwt", token_type: "bearer" }), async (server) => {
    const client = clientOf(server, { apiKey: "key" });
    await client.login({ username: "ada", password: "secret" });
    assert.equal(server.last.headers["x-api-key"], undefined);
    await client.me();
    assert.equal(server.last.headers.authorization, "Bearer jwt");
    assert.equal(server.last.headers["x-api-key"], undefined);
    server.answers(failing(401, "token_expired"));
    await assert.rejects(client.logout(), errors.TokenExpiredError);
    server.answers((reply) => reply.writeHead(204).end());
    await client.logout();
    assert.equal(server.last.headers.authorization, undefined);
  }));

test("a login with a cookie leaves no token in the client", () =>
  withServer(json({ token: null, token_type: "cookie" }), async (server) => {
    const client = clientOf(server, { credentials: "include" });
    const answer = await client.login({ username: "ada", password: "secret", cookie: true });
    assert.equal(answer.token, null);
    await client.me();
    assert.equal(server.last.headers.authorization, undefined);
  }));

test("a fetch of one's own is called as a function, as a browser's wants to be", () =>
  withServer(json({ status: "ok" }), async (server) => {
    const own: typeof fetch = function (this: unknown, ...request) {
      assert.equal(this, undefined);
      return fetch(...request);
    };
    assert.equal((await clientOf(server, { fetch: own }).health()).status, "ok");
  }));

test("who wants to know is told of every call, its repeats and its end", () =>
  withServer(failing(503, "not_ready"), async (server) => {
    const calls: Call[] = [];
    const client = clientOf(server, { retries: 1, onCall: (call: Call) => calls.push(call) });
    await assert.rejects(client.getModel("a"), errors.NotReadyError);
    assert.deepEqual(
      calls.map(({ method, path, kind }) => [method, path, kind]),
      [
        ["get", "/v1/models/{model_id}", "read"],
        ["get", "/v1/models/{model_id}", "read"],
      ],
    );
    for (const { ended } of calls) await assert.rejects(ended, errors.NotReadyError);
    server.answers(json({ id: "a" }));
    assert.deepEqual(await client.getModel("a"), { id: "a" });
    assert.deepEqual(await calls[2]?.ended, { id: "a" });
  }));

test("an address may have a path and a slash at its end, and must be one of http", () =>
  withServer(json({}), async (server) => {
    const client = new Pluggably({ baseUrl: `${server.url}/gateway/` });
    await client.health();
    assert.equal(server.last.url, "/gateway/health");
    assert.equal(client.baseUrl, `${server.url}/gateway`);
    for (const baseUrl of ["", "localhost:8080", "ftp://example.org", "nonsense"]) {
      assert.throws(() => new Pluggably({ baseUrl }), errors.PluggablyError);
    }
  }));

test("an error of the server has the class of its code, and all that it says", () =>
  withServer(
    failing(422, "validation_error", {
      type: "invalid_request_error",
      param: "input.prompt",
      details: { fields: [{ field: "input.prompt", message: "Field required", type: "missing" }] },
      request_id: "req_7",
    }),
    async (server) => {
      const error = await clientOf(server)
        .generate({})
        .catch((caught: unknown) => caught);
      assert.ok(error instanceof errors.ValidationError);
      assert.ok(error instanceof errors.InvalidRequestError);
      assert.deepEqual([error.status, error.code, error.param], [422, "validation_error", "input.prompt"]);
      assert.equal(error.type, "invalid_request_error");
      assert.equal(error.requestId, "req_7");
      assert.deepEqual(error.fields, [{ field: "input.prompt", message: "Field required", type: "missing" }]);
    },
  ));

test("a code that is not known has the class of its type, then of its status", () =>
  withServer(failing(409, "newly_made", { type: "conflict_error" }), async (server) => {
    const client = clientOf(server, { retries: 0 });
    await assert.rejects(
      client.me(),
      (error) => error instanceof errors.ConflictError && error.code === "newly_made",
    );
    server.answers(failing(403, "toString", { type: "constructor" }));
    await assert.rejects(client.me(), (error) => error instanceof errors.PermissionError);
    server.answers((reply) => reply.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>"));
    await assert.rejects(client.me(), (error) => error instanceof errors.ProviderError && error.code === "unknown");
  }));

test("errors in the shapes of other vendors are read too", () =>
  withServer(
    json({ type: "error", error: { type: "not_found_error", message: "No model." }, request_id: "req_1" }, 404),
    async (server) => {
      const client = clientOf(server);
      const call = client.anthropic.messages({ model: "x", max_tokens: 1, messages: [] });
      const error = await call.catch((caught: unknown) => caught);
      assert.ok(error instanceof errors.NotFoundError);
      assert.deepEqual([error.message, error.requestId], ["No model.", "req_1"]);
    },
  ));

test("a success that is no JSON is not taken for an answer", () =>
  withServer(
    (reply) => reply.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>"),
    async (server) => {
      await assert.rejects(clientOf(server).me(), errors.UnexpectedReplyError);
    },
  ));

test("fields that this version does not know are handed on", () =>
  withServer(json({ status: "ok", invented: { later: true } }), async (server) => {
    assert.deepEqual(await clientOf(server).health(), { status: "ok", invented: { later: true } });
  }));

test("what a server that is not ready lacks is an answer, and asked for once", () =>
  withServer(json({ status: "unavailable", checks: { database: "down" }, error: {} }, 503), async (server) => {
    assert.equal((await clientOf(server).ready()).checks.database, "down");
    assert.equal(server.asked.length, 1);
  }));

test("a call is repeated after the time that the server names, under the same request id", () =>
  withServer(failing(503, "queue_full", {}, { "retry-after": "0.05" }), async (server) => {
    let asked = 0;
    server.answers((...call) => {
      asked += 1;
      if (asked < 3) failing(asked === 1 ? 503 : 429, "queue_full", {}, { "retry-after": "0.05" })(...call);
      else json({ model: "m" })(...call);
    });
    const started = performance.now();
    assert.equal((await clientOf(server).generate("Hi")).model, "m");
    assert.ok(performance.now() - started >= 95);
    const ids = server.asked.map((call) => call.headers["x-request-id"]);
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 1);
  }));

test("a call is repeated as often as is allowed, and no more", () =>
  withServer(failing(503, "not_ready", {}, { "retry-after": "0" }), async (server) => {
    await assert.rejects(clientOf(server, { retries: 3 }).me(), errors.NotReadyError);
    assert.equal(server.asked.length, 4);
  }));

test("a call is not repeated where the server says so, nor where it would be for long", () =>
  withServer(failing(429, "rate_limited", {}, { "x-should-retry": "false" }), async (server) => {
    await assert.rejects(
      clientOf(server).me(),
      (error) => error instanceof errors.RateLimitedError && !error.retryable,
    );
    server.answers(failing(429, "rate_limited", { retry_after: 3600 }));
    await assert.rejects(clientOf(server).me(), (error) => (error as errors.ApiError).retryAfter === 3600);
    server.answers(failing(503, "model_unavailable"));
    await assert.rejects(clientOf(server).generate("Hi"), errors.ModelUnavailableError);
    assert.equal(server.asked.length, 3);
  }));

test("a connection that breaks is tried again for what changes nothing, and for nothing else", () =>
  withServer(
    (_, asked, request) => (asked.url === "/health" && tries++ > 0 ? undefined : request.socket.destroy()),
    async (server) => {
      await assert.rejects(clientOf(server).generate("Hi"), errors.ConnectionError);
      assert.equal(server.asked.length, 1);
      await assert.rejects(clientOf(server, { retries: 1 }).me(), errors.ConnectionError);
      assert.equal(server.asked.length, 3);
    },
  ));
let tries = 0;

test("a server that is gone is a connection error that names its address", async () => {
  const url = await withServer(json({}), async (server) => server.url);
  const client = new Pluggably({ baseUrl: url, retries: 1 });
  await assert.rejects(client.generate("Hi"), (error) => {
    assert.ok(error instanceof errors.ConnectionError);
    assert.ok(error.message.includes(url));
    return true;
  });
});

test("an answer that does not come in time is a time-out, which is not tried again", () =>
  withServer(
    () => undefined,
    async (server) => {
      const client = clientOf(server, { timeouts: { connect: 30, read: 20 } });
      await assert.rejects(client.me(), errors.TimeoutError);
      await assert.rejects(client.generate("Hi", { timeout: 50 }), errors.TimeoutError);
      assert.equal(server.asked.length, 2);
    },
  ));

test("a body that stops coming is a time-out too", () =>
  withServer(
    (reply) => {
      reply.writeHead(200, { "content-type": "application/json" });
      reply.write('{"sta');
    },
    async (server) => {
      await assert.rejects(clientOf(server, { timeouts: { connect: 40, read: 40 } }).health(), errors.TimeoutError);
    },
  ));

test("each kind of call has its own time-out, and the time for the connection beside it", () =>
  withServer(
    () => undefined,
    async (server) => {
      const patient = 60_000;
      const whole = { connect: patient, read: patient, generate: patient, idle: patient };
      const calls: [string, Partial<typeof whole>, (client: Pluggably) => Promise<unknown>][] = [
        ["read", { connect: 20, read: 10 }, (client) => client.me()],
        ["generate", { connect: 20, generate: 10 }, (client) => client.generate("Hi")],
        ["idle", { connect: 20, idle: 10 }, (client) => client.stream("Hi")[Symbol.asyncIterator]().next()],
      ];
      for (const [kind, short, call] of calls) {
        const client = clientOf(server, { timeouts: { ...whole, ...short } });
        await assert.rejects(call(client), /has not answered within 30 ms/, kind);
      }
      assert.equal(server.asked.length, 3);
    },
  ));

test("a slow connection has the time that is meant for it, and does not take that of the answer", () =>
  withServer(
    (...call) => void setTimeout(() => json({ status: "ok" })(...call), 300),
    async (server) => {
      await assert.rejects(clientOf(server, { timeouts: { connect: 50, read: 50 } }).health(), errors.TimeoutError);
      const client = clientOf(server, { timeouts: { connect: 60_000, read: 50 } });
      assert.equal((await client.health()).status, "ok");
    },
  ));

test("a signal ends a call, and the wait before it is repeated, with its own reason", () =>
  withServer(
    () => undefined,
    async (server) => {
      const client = clientOf(server);
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("enough")), 30);
      await assert.rejects(client.me({ signal: stop.signal }), /enough/);
      await assert.rejects(client.me({ signal: stop.signal }), /enough/);
      server.answers(failing(503, "not_ready", {}, { "retry-after": "20" }));
      await assert.rejects(client.me({ signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
    },
  ));

test("a list is its first page when awaited, and every item when looped over", () =>
  withServer(
    (reply, asked, request) => {
      const cursor = new URL(asked.url, "http://x").searchParams.get("cursor");
      const sessions = [{ id: `${cursor}-1` }, { id: `${cursor}-2` }];
      json({ sessions, next_cursor: cursor === null ? "second" : null })(reply, asked, request);
    },
    async (server) => {
      const client = clientOf(server);
      const page = await client.sessions.list({ limit: 2 });
      assert.equal(page.next_cursor, "second");
      assert.equal(server.asked.length, 1);
      const ids: string[] = [];
      for await (const session of client.sessions.list({ limit: 2, q: "x" })) ids.push(session.id);
      assert.deepEqual(ids, ["null-1", "null-2", "second-1", "second-2"]);
      assert.equal(server.last.url, "/v1/sessions?limit=2&q=x&cursor=second");
      assert.equal((await client.sessions.list().toArray()).length, 4);
      const next = await client.sessions.list({ cursor: "second" });
      assert.equal(next.sessions[0]?.id, "second-1");
    },
  ));

test("a file tells how far it is while it comes", () =>
  withServer(
    (reply) => {
      reply.writeHead(200, { "content-type": "model/stl", "content-length": "6" });
      reply.write("sol");
      setTimeout(() => reply.end("id\n"), 20);
    },
    async (server) => {
      const seen: unknown[] = [];
      const file = await clientOf(server).getArtifact("art_1", { onProgress: (progress) => seen.push(progress) });
      assert.deepEqual(seen, [
        { loaded: 3, total: 6 },
        { loaded: 6, total: 6 },
      ]);
      assert.equal(file.type, "model/stl");
      assert.equal(await file.text(), "solid\n");
    },
  ));

test("an answer's files are found wherever they are", () =>
  withServer(
    (reply) => reply.writeHead(200, { "content-type": "image/webp" }).end("webp"),
    async (server) => {
      const output = { images: ["data:image/png;base64,iVBORw=="], mesh: null, artifacts: [{ id: "art_1" }] };
      const files = await clientOf(server).files({ output } as never);
      assert.deepEqual(
        files.map((file) => [file.type, file.size]),
        [
          ["image/png", 4],
          ["image/webp", 4],
        ],
      );
      assert.equal(server.last.url, "/v1/artifacts/art_1");
    },
  ));

test("data URLs are made and read without loss, however large", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
  const back = fromDataUrl(await toDataUrl(new Blob([bytes], { type: "image/png" })));
  assert.equal(back.type, "image/png");
  assert.deepEqual(new Uint8Array(await back.arrayBuffer()), bytes);
  for (const damaged of ["", "https://example.org/a.png", "data:image/png;base64,%%%"]) {
    assert.throws(() => fromDataUrl(damaged), errors.UnexpectedReplyError);
  }
});
