/** The client against a running gateway with a real text model and the scene engine: PLUGGABLY_URL, PLUGGABLY_KEY. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import {
  ApiError,
  ConnectionError,
  InvalidCredentialsError,
  ModelNotFoundError,
  Pluggably,
  RequestCancelledError,
  SessionClosedError,
  StreamInterruptedError,
  ValidationError,
} from "../src/index.js";
import { examples, ROOT } from "./readme.js";

const baseUrl = process.env.PLUGGABLY_URL ?? "";
const apiKey = process.env.PLUGGABLY_KEY ?? "";
const MODEL = "SmolLM2-135M-Instruct.Q4_1";
const PASSWORD = "correct horse battery staple";
const SMALL = { width: 64, height: 64 };
/** Keeps any model busy until its `max_tokens`, whatever it would rather say. */
const ENDLESS = { json_schema: { type: "array", items: { type: "integer" }, minItems: 1500 }, max_tokens: 1200 };

const operator = new Pluggably({ baseUrl, apiKey });

async function member(name: string): Promise<Pluggably> {
  const { invite_token } = await operator.createInvite();
  const client = new Pluggably({ baseUrl });
  await client.register({ username: name, password: PASSWORD, invite_token });
  await client.login({ username: name, password: PASSWORD });
  return client;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let left = 400; !(await condition()); left--) {
    assert.ok(left > 0, "it did not come about in time");
    await new Promise((done) => setTimeout(done, 50));
  }
}

// req: SYS-REQ-055, SYS-REQ-023
test("somebody registers, logs in, changes their profile and logs out", async () => {
  const client = await member("ts-ada");
  assert.equal((await client.me()).username, "ts-ada");
  assert.equal((await client.updateMe({ display_name: "Ada" })).display_name, "Ada");
  const { token, info } = await client.createUserToken({ name: "ci", scopes: ["read"] });
  assert.equal((await new Pluggably({ baseUrl, token }).me()).display_name, "Ada");
  assert.deepEqual(
    (await client.listUserTokens().toArray()).map(({ id }) => id),
    [info.id],
  );
  await client.revokeUserToken(info.id);
  await assert.rejects(new Pluggably({ baseUrl, token }).me(), InvalidCredentialsError);
  await client.logout();
  await assert.rejects(client.me(), ApiError);
});

// req: SYS-REQ-024, SYS-REQ-023
test("a session is made, talked in, regenerated, exported, reset, closed and erased", async () => {
  const client = await member("ts-bea");
  const made = await client.sessions.create({ title: "A trip" });
  const session = client.sessions.open(made);
  const answer = await session.generate({ prompt: "Say hello.", parameters: { max_tokens: 8 } });
  assert.equal(answer.session_id, made.id);
  assert.equal(answer.model, MODEL);
  assert.ok(answer.output.text);
  const again = await session.regenerate({ parameters: { max_tokens: 4 } });
  assert.equal(again.session_id, made.id);
  const detail = await session.get();
  assert.equal(detail.messages.length, 2);
  assert.equal(detail.messages[1]?.alternatives?.length, 1);
  assert.match(await session.export("markdown"), /A trip/);
  assert.equal((await session.update({ title: "Two trips" })).title, "Two trips");
  const titles: (string | null)[] = [];
  for await (const each of client.sessions.list({ limit: 1 })) titles.push(each.title);
  assert.deepEqual(titles, ["Two trips"]);
  assert.equal((await session.reset()).message_count, 0);
  assert.equal((await session.close()).status, "closed");
  await assert.rejects(session.generate("Hello?"), SessionClosedError);
  await session.purge();
  assert.deepEqual(await client.sessions.list().toArray(), []);
});

// req: SYS-REQ-056, SYS-REQ-023
test("an answer streams in pieces that are the whole", async () => {
  const stream = operator.stream({ prompt: "Tell me a story.", parameters: { max_tokens: 16 } });
  let text = "";
  let whole: string | null = null;
  const kinds = new Set<string>();
  for await (const event of stream) {
    kinds.add(event.type);
    if (event.type === "delta") text += event.data.text ?? "";
    if (event.type === "output") {
      whole = event.data.output.text;
      assert.equal(event.data.request_id, stream.requestId);
    }
  }
  assert.ok(text.length > 0);
  assert.equal(text, whole);
  assert.ok(["selected", "delta", "output"].every((kind) => kinds.has(kind)));
});

// req: SYS-REQ-024, SYS-REQ-023
test("a session streams too, and another answer to the same prompt", async () => {
  const client = await member("ts-cleo");
  const session = client.sessions.open(await client.sessions.create());
  for (const stream of [
    session.stream({ prompt: "Say hello.", parameters: { max_tokens: 4 } }),
    session.streamRegenerate({ parameters: { max_tokens: 4 } }),
  ]) {
    let last = "";
    for await (const event of stream) last = event.type;
    assert.equal(last, "output");
  }
  assert.equal((await session.get()).messages.length, 2);
});

test("leaving a stream stops the model", async () => {
  for await (const event of operator.stream({ prompt: "Count.", model: MODEL, parameters: ENDLESS })) {
    if (event.type === "delta") break;
  }
  await until(async () => (await operator.getModelStatus(MODEL)).runtime_status !== "busy");
});

test("a signal stops a call, and the model with it", async () => {
  const stop = new AbortController();
  const call = operator.generate({ prompt: "Count.", model: MODEL, parameters: ENDLESS }, { signal: stop.signal });
  await until(async () => (await operator.getModelStatus(MODEL)).runtime_status === "busy");
  stop.abort(new Error("enough"));
  await assert.rejects(call, /enough/);
  await until(async () => (await operator.getModelStatus(MODEL)).runtime_status !== "busy");
});

// req: SYS-REQ-058
test("a background request is followed, waited for, and found again by its id", async () => {
  const request = await operator.submit({ prompt: "Say hello.", parameters: { max_tokens: 8 } });
  const seen: string[] = [];
  const answer = await request.wait({ onProgress: ({ type }) => seen.push(type) });
  assert.ok(answer.output.text);
  assert.equal(seen[0], "selected");
  assert.equal((await operator.getRequest(request.id)).result?.output.text, answer.output.text);
  assert.equal((await operator.getRequestStatus(request.id)).status, "completed");
  const ids: number[] = [];
  for await (const event of operator.watchRequest(request.id, { lastEventId: 1 })) ids.push(event.id);
  assert.deepEqual([ids[0], ids.length], [2, seen.length - 1]);
});

// req: SYS-REQ-058
test("a background request is cancelled, and whoever waits is told", async () => {
  const request = await operator.submit({ prompt: "Count.", model: MODEL, parameters: ENDLESS });
  const waiting = assert.rejects(request.wait(), RequestCancelledError);
  await until(async () => (await request.status()).status === "running");
  assert.equal((await operator.cancelRequest(request.id)).cancelled, true);
  await waiting;
});

test("a stream whose connection is cut says so, a background stream goes on", async () => {
  const through = await cutting();
  try {
    const client = new Pluggably({ baseUrl: through.url, apiKey });
    const wanted = { prompt: "Tell me a story.", parameters: { max_tokens: 24 } };
    await assert.rejects(async () => {
      for await (const _ of client.stream(wanted));
    }, StreamInterruptedError);
    assert.equal(through.cuts, 1);
    let text = "";
    let whole: string | null = null;
    for await (const event of client.stream(wanted, { background: true })) {
      if (event.type === "delta") text += event.data.text ?? "";
      if (event.type === "output") whole = event.data.output.text;
    }
    assert.equal(through.cuts, 2);
    assert.equal(text, whole);
  } finally {
    await through.stop();
  }
});

/** A way to the gateway that cuts every answer to `/v1/generate` in its middle. */
async function cutting() {
  let cuts = 0;
  const server = createServer((incoming, reply) => {
    const { method, headers, url = "" } = incoming;
    const outgoing = forward(new URL(baseUrl + url), { method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on("data", (piece: Buffer) => {
        if (url !== "/v1/generate" || !piece.includes("event: delta")) return reply.write(piece);
        cuts += 1;
        reply.write(piece.subarray(0, piece.length - 5), () => reply.destroy());
        return answer.destroy();
      });
      answer.on("end", () => reply.end());
      answer.on("error", () => reply.destroy());
    });
    incoming.pipe(outgoing);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

// req: SYS-REQ-023
test("an image is made, sent back as an input, and saved to a file", async () => {
  const progress: unknown[] = [];
  let answer: Awaited<ReturnType<typeof operator.generate>> | undefined;
  for await (const event of operator.stream({ prompt: "a red cube", modality: "image", parameters: SMALL })) {
    if (event.type === "progress") progress.push(event.data.progress_pct);
    if (event.type === "output") answer = event.data;
  }
  assert.ok(answer);
  assert.ok(progress.length > 0);
  const [image] = await operator.files(answer);
  assert.equal(image?.type, "image/png");
  const folder = await mkdtemp(join(tmpdir(), "pluggably-"));
  try {
    await writeFile(join(folder, "cube.png"), new Uint8Array(await image.arrayBuffer()));
    const saved = await readFile(join(folder, "cube.png"));
    assert.equal(saved.subarray(1, 4).toString(), "PNG");
  } finally {
    await rm(folder, { recursive: true });
  }
  const edited = await operator.generate({
    prompt: "a blue sky",
    images: [image],
    modality: "image",
    parameters: SMALL,
  });
  assert.equal((await operator.files(edited)).length, 1);
});

// req: SYS-REQ-023
test("a mesh is made, and fetched in another format with its progress", async () => {
  const answer = await operator.generate({ prompt: "a red cube on a blue table", modality: "3d" });
  const [mesh] = await operator.files(answer);
  assert.equal(mesh?.type, "model/gltf-binary");
  assert.equal(await mesh.slice(0, 4).text(), "glTF");
  const client = await member("ts-dora");
  const session = client.sessions.open(await client.sessions.create());
  await session.generate({ prompt: "a tree", modality: "3d" });
  const [kept] = await client.listArtifacts().toArray();
  assert.ok(kept);
  const whole = await client.statArtifact(kept);
  const steps: number[] = [];
  const file = await client.getArtifact(kept, { onProgress: ({ loaded }) => steps.push(loaded) });
  assert.equal(file.size, whole.sizeBytes);
  assert.equal(steps.at(-1), whole.sizeBytes);
  const stl = await client.getArtifact(kept, { format: "stl" });
  assert.notEqual(stl.size, whole.sizeBytes);
});

// req: SYS-REQ-057, SYS-REQ-023
test("models and providers are listed, loaded and unloaded", async () => {
  const models = await operator.listModels().toArray();
  assert.deepEqual(models.map(({ id }) => id).sort(), [MODEL, "scene-3d", "scene-image"].sort());
  const paged = await operator.listModels({ limit: 1 }).toArray();
  assert.equal(paged.length, 3);
  assert.equal((await operator.loadModel(MODEL, { wait: true })).status, "loaded");
  assert.equal((await operator.getModelStatus(MODEL)).runtime_status, "loaded");
  assert.ok((await operator.listLoadedModels()).some((loaded) => loaded.model_id === MODEL));
  assert.equal((await operator.unloadModel(MODEL)).status, "unloaded");
  assert.ok("temperature" in ((await operator.getModelSchema(MODEL)).parameters.properties as object));
  assert.ok((await operator.listProviders()).some(({ name }) => name === "openai"));
  assert.equal((await operator.updateModel(MODEL, { description: "Small." })).description, "Small.");
});

test("a model's file that lies there already is brought by a job", async () => {
  const found = await operator.getModel(MODEL);
  assert.ok(found.local_path);
  const job = await operator.downloadModel({ source: { type: "local", uri: found.local_path } });
  const states: string[] = [];
  const ended = await operator.waitForJob(job.job_id, { onProgress: ({ status }) => states.push(status) });
  assert.equal(ended.status, "completed");
  assert.equal(states.at(-1), "completed");
  assert.ok((await operator.listJobs().toArray()).some(({ job_id }) => job_id === job.job_id));
  assert.equal((await operator.planCleanup()).dry_run, true);
  const cleanup = await operator.cleanStorage();
  assert.equal((await operator.waitForJob(cleanup.job_id)).status, "completed");
});

test("the gateway tells about itself", async () => {
  assert.equal((await operator.health()).status, "ok");
  await operator.ping();
  assert.equal((await operator.ready()).status, "ready");
  await operator.assertReady();
  assert.ok((await operator.version()).version);
  assert.equal((await operator.features()).sessions, true);
  assert.match(await operator.metrics(), /pluggably_requests_total/);
  assert.ok((await operator.storage()).used_bytes > 0);
  assert.ok((await operator.usage()).total);
  assert.ok((await operator.audit({ limit: 1 })).audit.length === 1);
});

test("the vendors' endpoints answer in their vendors' shapes", async () => {
  const messages = [{ role: "user" as const, content: "Say hello." }];
  const chat = await operator.openai.chatCompletions({ model: MODEL, messages, max_tokens: 4 });
  assert.equal(chat.object, "chat.completion");
  const message = await operator.anthropic.messages({ model: MODEL, messages, max_tokens: 4 });
  assert.equal(message.role, "assistant");
});

test("a wrong key, an unknown model and a wrong parameter are told apart", async () => {
  await assert.rejects(new Pluggably({ baseUrl, apiKey: "wrong" }).listModels(), InvalidCredentialsError);
  await assert.rejects(operator.generate({ prompt: "Hi", model: "smollm2" }), (error) => {
    assert.ok(error instanceof ModelNotFoundError);
    assert.deepEqual([error.param, error.details], ["model", { suggestions: [MODEL] }]);
    return true;
  });
  const wrong = operator.stream({ prompt: "Hi", model: MODEL, parameters: { temperature: 9 } });
  await assert.rejects(wrong[Symbol.asyncIterator]().next(), (error) => {
    assert.ok(error instanceof ValidationError);
    assert.equal(error.fields[0]?.field, "parameters.temperature");
    return true;
  });
});

test("a login with a cookie works as in a page of the gateway's own, and only there", async () => {
  await member("ts-eve");
  let cookie = "";
  /** What a browser does by itself: keep the cookie, and say from which page a call comes. */
  const asPage =
    (origin: string): typeof fetch =>
    async (url, init) => {
      const headers = new Headers(init?.headers);
      if (cookie !== "") headers.set("Cookie", cookie);
      headers.set("Origin", origin);
      const reply = await fetch(url, { ...init, headers });
      cookie = reply.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
      return reply;
    };
  const page = new Pluggably({ baseUrl, fetch: asPage(new URL(baseUrl).origin) });
  const { token } = await page.login({ username: "ts-eve", password: PASSWORD, cookie: true });
  assert.equal(token, null);
  assert.equal((await page.me()).username, "ts-eve");
  assert.equal((await page.sessions.create()).status, "active");
  const foreign = new Pluggably({ baseUrl, fetch: asPage("https://evil.example") });
  await assert.rejects(foreign.sessions.create(), (error) => (error as ApiError).code === "permission_denied");
  await page.logout();
  await assert.rejects(page.me(), ApiError);
});

test("the examples of the README run", async () => {
  const folder = await mkdtemp(join(ROOT, "build", "examples-"));
  const { outputText } = ts.transpileModule(examples("../../build/src/index.js"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  const before = process.cwd();
  try {
    await writeFile(join(folder, "examples.mjs"), outputText);
    process.chdir(folder);
    await import(join(folder, "examples.mjs"));
    assert.equal((await readFile("cube.png")).subarray(1, 4).toString(), "PNG");
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true });
  }
});

test("a gateway that is gone is a connection error", async () => {
  const through = await cutting();
  await through.stop();
  await assert.rejects(new Pluggably({ baseUrl: through.url, apiKey, retries: 0 }).health(), ConnectionError);
});
