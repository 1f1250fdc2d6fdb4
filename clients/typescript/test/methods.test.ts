/** Every method asks for what the contract says: method, path, query, body. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Pluggably } from "../src/index.js";
import { json, RecordingServer } from "./server.js";

const PAGE = { next_cursor: null };
const LISTS = {
  sessions: [],
  requests: [],
  models: [],
  results: [],
  files: [],
  jobs: [],
  artifacts: [],
  tokens: [],
  provider_keys: [],
  users: [],
  invites: [],
  audit: [],
  providers: [],
};
const server = new RecordingServer(json({ ...PAGE, ...LISTS, request_id: "req_1", token: null }));
let client: Pluggably;

before(async () => {
  await server.start();
  client = new Pluggably({ baseUrl: server.url, apiKey: "key", retries: 0 });
});
after(() => server.stop());

/** Call, and see that this alone was asked. */
async function asks(call: () => unknown, method: string, url: string, body?: unknown): Promise<void> {
  const before = server.asked.length;
  await call();
  assert.equal(server.asked.length, before + 1);
  assert.deepEqual([server.last.method, server.last.url], [method, url]);
  assert.deepEqual(server.last.body, body);
  assert.equal(server.last.headers["content-type"], body === undefined ? undefined : "application/json");
}

// req: SYS-REQ-055, TEST-INT-CR001-001
test("register, login and logout are asked of /v1/users", async () => {
  const who = { username: "ada", password: "secret secret" };
  await asks(() => client.register({ ...who, invite_token: "inv" }), "POST", "/v1/users/register", {
    ...who,
    invite_token: "inv",
  });
  assert.equal(server.last.headers["x-api-key"], undefined);
  const other = new Pluggably({ baseUrl: server.url });
  await asks(() => other.login(who), "POST", "/v1/users/login", who);
  await asks(() => other.logout(), "POST", "/v1/users/logout");
  await asks(() => client.me(), "GET", "/v1/users/me");
  await asks(() => client.updateMe({ display_name: "Ada" }), "PATCH", "/v1/users/me", { display_name: "Ada" });
  const change = { current_password: "old", new_password: "new" };
  await asks(() => client.changePassword(change), "POST", "/v1/users/me/password", change);
  await asks(() => client.myLimits(), "GET", "/v1/users/me/limits");
});

// req: SYS-REQ-056, TEST-INT-CR001-002
test("generate asks /v1/generate with model, modality, input and parameters", async () => {
  const how = { model: "auto", modality: "text" as const, parameters: { temperature: 0.2 } };
  await asks(() => client.generate({ prompt: "Hi", ...how }), "POST", "/v1/generate", {
    ...how,
    input: { prompt: "Hi" },
  });
  assert.match(String(server.last.headers["x-request-id"]), /^req_[0-9a-f]{24}$/);
  await asks(() => client.generate("Hi", { requestId: "my-request" }), "POST", "/v1/generate", {
    input: { prompt: "Hi" },
  });
  assert.equal(server.last.headers["x-request-id"], "my-request");
  await asks(() => client.submit("Hi"), "POST", "/v1/generate", { input: { prompt: "Hi" }, background: true });
});

test("images given as files are sent as data URLs", async () => {
  const file = new File([new Uint8Array([137, 80, 78, 71])], "a.png", { type: "image/png" });
  const images = [file, "artifact:art_1"];
  await asks(() => client.generate({ prompt: "What is it?", images }), "POST", "/v1/generate", {
    input: { prompt: "What is it?", images: ["data:image/png;base64,iVBORw==", "artifact:art_1"] },
  });
});

// req: SYS-REQ-057, TEST-INT-CR001-003
test("the life of a model is asked with its id in the path, whatever is in the id", async () => {
  await asks(() => client.getModelStatus("m"), "GET", "/v1/models/m/status");
  await asks(() => client.loadModel("m"), "POST", "/v1/models/m/load", {});
  await asks(() => client.loadModel("org/m:Q4", { wait: true }), "POST", "/v1/models/org%2Fm%3AQ4/load", {
    wait: true,
  });
  await asks(() => client.unloadModel("m", { force: true }), "POST", "/v1/models/m/unload", { force: true });
  await asks(() => client.listLoadedModels(), "GET", "/v1/models/loaded");
});

test("models are listed, read, registered, changed and removed", async () => {
  const query = { modality: "text" as const, q: "smol lm", limit: 2 };
  await asks(() => client.listModels(query), "GET", "/v1/models?modality=text&q=smol+lm&limit=2");
  await asks(() => client.getModel("ü/m"), "GET", "/v1/models/%C3%BC%2Fm");
  const body = { id: "m", modality: "text" as const, local_path: "m.gguf" };
  await asks(() => client.registerModel(body), "POST", "/v1/models", body);
  await asks(() => client.updateModel("m", { pinned: true }), "PATCH", "/v1/models/m", { pinned: true });
  await asks(() => client.setDefaultModel("m"), "POST", "/v1/models/m/default");
  await asks(() => client.removeModel("m", { files: true }), "DELETE", "/v1/models/m?files=true");
  await asks(() => client.schema(), "GET", "/v1/schema");
  await asks(() => client.getModelSchema("a:b/c"), "GET", "/v1/schema?model=a%3Ab%2Fc");
});

test("models are searched, downloaded and made room for", async () => {
  await asks(() => client.searchModels({ query: "smollm" }), "GET", "/v1/models/search?query=smollm");
  await asks(() => client.listModelFiles("org/repo"), "GET", "/v1/models/search/org%2Frepo/files");
  const body = { source: { type: "huggingface" as const, id: "org/repo" } };
  await asks(() => client.downloadModel(body), "POST", "/v1/models/download", body);
  await asks(() => client.listJobs({ limit: 3 }), "GET", "/v1/jobs?limit=3");
  await asks(() => client.getJob("job_1"), "GET", "/v1/jobs/job_1");
  await asks(() => client.cancelJob("job_1"), "DELETE", "/v1/jobs/job_1");
  await asks(() => client.storage(), "GET", "/v1/storage");
  await asks(() => client.cleanStorage(), "POST", "/v1/storage/clean", { dry_run: false });
  await asks(() => client.planCleanup(), "POST", "/v1/storage/clean", { dry_run: true });
});

// req: SYS-REQ-058, TEST-INT-CR001-004
test("requests are asked of /v1/requests", async () => {
  await asks(() => client.getRequestStatus("req_1"), "GET", "/v1/requests/req_1/status");
  await asks(() => client.cancelRequest("req_1"), "POST", "/v1/requests/req_1/cancel");
  await asks(() => client.getRequest("req_1"), "GET", "/v1/requests/req_1");
  await asks(() => client.listRequests({ status: "active" }), "GET", "/v1/requests?status=active");
});

// req: SYS-REQ-059, TEST-INT-CR001-005
test("tokens and provider keys are asked of /v1/users, without /me", async () => {
  await asks(() => client.listUserTokens(), "GET", "/v1/users/tokens");
  await asks(() => client.listProviderKeys(), "GET", "/v1/users/provider-keys");
  const token = { name: "ci", scopes: ["read" as const] };
  await asks(() => client.createUserToken(token), "POST", "/v1/users/tokens", token);
  await asks(() => client.revokeUserToken("tok_1"), "DELETE", "/v1/users/tokens/tok_1");
  await asks(() => client.getTokenLimits("tok_1"), "GET", "/v1/users/tokens/tok_1/limits");
  await asks(() => client.setTokenLimits("tok_1", {}), "PUT", "/v1/users/tokens/tok_1/limits", {});
  const key = { provider: "openai", credential_type: "api_key" as const, api_key: "sk" };
  await asks(() => client.addProviderKey(key), "POST", "/v1/users/provider-keys", key);
  await asks(() => client.removeProviderKey("openai"), "DELETE", "/v1/users/provider-keys/openai");
  await asks(() => client.checkProviderKey("openai"), "POST", "/v1/users/provider-keys/openai/check");
});

test("users, invites, limits, usage and the audit log are asked as their admin would", async () => {
  await asks(() => client.listUsers(), "GET", "/v1/users");
  await asks(() => client.updateUser("usr_1", { disabled: true }), "PATCH", "/v1/users/usr_1", { disabled: true });
  await asks(() => client.getLimits("usr_1"), "GET", "/v1/users/usr_1/limits");
  await asks(() => client.setLimits("usr_1", {}), "PUT", "/v1/users/usr_1/limits", {});
  await asks(() => client.listInvites(), "GET", "/v1/users/invites");
  await asks(() => client.createInvite({ max_uses: 2 }), "POST", "/v1/users/invites", { max_uses: 2 });
  await asks(() => client.revokeInvite("inv_1"), "DELETE", "/v1/users/invites/inv_1");
  await asks(() => client.audit({ action: "user.login" }), "GET", "/v1/audit?action=user.login");
  await asks(() => client.usage({ group_by: "day" }), "GET", "/v1/usage?group_by=day");
});

// req: TEST-UNIT-007
test("the helpers of a session ask for what their names say", async () => {
  const { sessions } = client;
  await asks(() => sessions.create({ title: "Trip" }), "POST", "/v1/sessions", { title: "Trip" });
  await asks(() => sessions.list({ status: "active" }), "GET", "/v1/sessions?status=active");
  const session = sessions.open("ses_1");
  await asks(() => session.get({ limit: 5 }), "GET", "/v1/sessions/ses_1?limit=5");
  await asks(() => session.update({ title: "A" }), "PUT", "/v1/sessions/ses_1", { title: "A" });
  await asks(() => sessions.patch("ses_1", { title: "A" }), "PATCH", "/v1/sessions/ses_1", { title: "A" });
  await asks(() => session.reset(), "POST", "/v1/sessions/ses_1/reset");
  await asks(() => session.generate("Hi"), "POST", "/v1/sessions/ses_1/generate", { input: { prompt: "Hi" } });
  await asks(() => session.regenerate({ prompt: "Ho" }), "POST", "/v1/sessions/ses_1/regenerate", { prompt: "Ho" });
  await asks(() => session.export("markdown"), "GET", "/v1/sessions/ses_1/export?format=markdown");
  await asks(() => session.close(), "DELETE", "/v1/sessions/ses_1");
  await asks(() => session.purge(), "DELETE", "/v1/sessions/ses_1?purge=true");
});

test("artifacts are listed, measured, fetched and deleted", async () => {
  await asks(() => client.listArtifacts(), "GET", "/v1/artifacts");
  await asks(() => client.getArtifact("art_1", { format: "stl" }), "GET", "/v1/artifacts/art_1?format=stl");
  await asks(() => client.statArtifact({ id: "art_1" }), "HEAD", "/v1/artifacts/art_1");
  await asks(() => client.deleteArtifact({ id: "art_1" }), "DELETE", "/v1/artifacts/art_1");
});

test("the server is asked about itself", async () => {
  await asks(() => client.health(), "GET", "/health");
  await asks(() => client.ping(), "HEAD", "/health");
  await asks(() => client.ready(), "GET", "/ready");
  await asks(() => client.assertReady(), "HEAD", "/ready");
  await asks(() => client.version(), "GET", "/v1/version");
  await asks(() => client.features(), "GET", "/v1/features");
  await asks(() => client.listProviders(), "GET", "/v1/providers");
  await asks(() => client.metrics(), "GET", "/metrics");
});

test("the vendors' endpoints take the vendors' bodies", async () => {
  const chat = { model: "auto", messages: [{ role: "user" as const, content: "Hi" }] };
  await asks(() => client.openai.chatCompletions(chat), "POST", "/v1/chat/completions", chat);
  const prompt = { model: "auto", prompt: "Hi" };
  await asks(() => client.openai.completions(prompt), "POST", "/v1/completions", prompt);
  const input = { model: "auto", input: "Hi" };
  await asks(() => client.openai.embeddings(input), "POST", "/v1/embeddings", input);
  await asks(() => client.openai.responses(input), "POST", "/v1/responses", input);
  await asks(() => client.openai.images({ prompt: "A cat" }), "POST", "/v1/images/generations", { prompt: "A cat" });
  const messages = { ...chat, max_tokens: 8 };
  await asks(() => client.anthropic.messages(messages), "POST", "/v1/messages", messages);
  await asks(() => client.anthropic.countTokens(chat), "POST", "/v1/messages/count_tokens", chat);
});

test("images that are edited go out as a form", async () => {
  const form = new FormData();
  form.set("prompt", "a red cube");
  form.set("image", new Blob(["PNG"], { type: "image/png" }), "a.png");
  for (const [name, edit] of [
    ["edits", client.openai.editImages(form)],
    ["variations", client.openai.varyImages(form)],
  ] as const) {
    await edit;
    assert.match(
      String(server.asked.find(({ url }) => url.endsWith(name))?.headers["content-type"]),
      /^multipart\/form-data; /,
    );
  }
  assert.match(String(server.last.body), /name="image"; filename="a.png"\r\nContent-Type: image\/png\r\n\r\nPNG\r\n/);
});

test("streams are asked for as events", async () => {
  const wanted = { input: { prompt: "Hi" }, stream: true };
  const drained = async (stream: AsyncIterable<unknown>) => {
    for await (const _ of stream);
  };
  server.answers((reply) => {
    reply.writeHead(200, { "content-type": "text/event-stream" });
    reply.end("data: [DONE]\n\n");
  });
  await asks(() => drained(client.stream("Hi")), "POST", "/v1/generate", wanted);
  assert.equal(server.last.headers.accept, "text/event-stream");
  await asks(() => drained(client.stream("Hi", { background: true })), "POST", "/v1/generate", {
    ...wanted,
    background: true,
  });
  const session = client.sessions.open("ses_1");
  await asks(() => drained(session.stream("Hi")), "POST", "/v1/sessions/ses_1/generate", wanted);
  await asks(() => drained(session.streamRegenerate()), "POST", "/v1/sessions/ses_1/regenerate", { stream: true });
  await asks(
    () => drained(session.streamRegenerate({}, { background: true })),
    "POST",
    "/v1/sessions/ses_1/regenerate",
    {
      stream: true,
      background: true,
    },
  );
  await asks(() => drained(client.watchRequest("req_1", { lastEventId: 7 })), "GET", "/v1/requests/req_1/events");
  assert.equal(server.last.headers["last-event-id"], "7");
  await asks(() => drained(client.watchJob("job_1")), "GET", "/v1/jobs/job_1/events");
});

test("an id that would lead to another path is refused before anything is asked", async () => {
  const before = server.asked.length;
  await assert.rejects(client.revokeUserToken(".."), /is no token_id/);
  await assert.rejects(client.getModel(""), /is no model_id/);
  assert.equal(server.asked.length, before);
});
