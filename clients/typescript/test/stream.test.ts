/** Streams: events whole whatever the pieces, ends that are told apart, cancelling, going on after a cut. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as errors from "../src/errors.js";
import { Pluggably, type RequestEvent, type StreamEvent } from "../src/index.js";
import { EventParser } from "../src/sse.js";
import { type Answer, DONE, event, events, failing, json, type RecordingServer, withServer } from "./server.js";

const clientOf = (server: RecordingServer, options = {}) => new Pluggably({ baseUrl: server.url, ...options });
const OUTPUT = { request_id: "req_1", model: "m", output: { text: "Hello", images: null, mesh: null } };
const STREAM = [
  event(1, "selected", { request_id: "req_1", selection: { selected_model: "m" } }),
  event(2, "delta", { text: "Hel" }),
  event(3, "delta", { text: "lo" }),
  event(4, "output", OUTPUT),
];

async function all<E>(stream: AsyncIterable<E>): Promise<E[]> {
  const found: E[] = [];
  for await (const each of stream) found.push(each);
  return found;
}

const textOf = (found: RequestEvent[]) =>
  found.map((each) => (each.type === "delta" ? (each.data.text ?? "") : "")).join("");

test("a stream is its events, in order", () =>
  withServer(events(STREAM), async (server) => {
    const found: StreamEvent[] = await all(clientOf(server).stream("Hi"));
    assert.deepEqual(
      found.map(({ type, id }) => [type, id]),
      [
        ["selected", 1],
        ["delta", 2],
        ["delta", 3],
        ["output", 4],
      ],
    );
    assert.equal(textOf(found), "Hello");
    assert.deepEqual(found[3]?.data, OUTPUT);
  }));

test("events are whole wherever the stream was cut into pieces", () => {
  const text = `: hello\n\n${event(1, "delta", { text: "grüß 🐈" })}data: a\r\ndata: b\r\rid: 3\nevent:x\ndata\n\n${DONE}`;
  const whole = new EventParser().feed(text);
  assert.deepEqual(whole, [
    { event: "delta", id: "1", data: '{"text":"grüß 🐈"}' },
    { event: undefined, id: "1", data: "a\nb" },
    { event: "x", id: "3", data: "" },
    { event: undefined, id: "3", data: "[DONE]" },
  ]);
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new EventParser();
    assert.deepEqual([...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))], whole);
  }
  const parser = new EventParser();
  assert.deepEqual(
    [...text].flatMap((character) => parser.feed(character)),
    whole,
  );
});

test("a character cut in two comes whole", () => {
  const bytes = Buffer.from(event(1, "delta", { text: "🐈" }));
  const middle = bytes.indexOf(0x9f);
  return withServer(events([bytes.subarray(0, middle), bytes.subarray(middle)]), async (server) => {
    assert.equal(textOf(await all(clientOf(server).stream("Hi"))), "🐈");
  });
});

test("unknown events, unknown fields and comments are no errors", () =>
  withServer(
    events([": keep-alive\n\n", event(1, "invented", { x: 1 }), event(2, "delta", { text: "Hi", mood: "good" })]),
    async (server) => {
      const found = await all(clientOf(server).stream("Hi"));
      assert.deepEqual(found, [{ type: "delta", id: 2, data: { text: "Hi", mood: "good" } }]);
    },
  ));

test("an error within the stream is thrown, as the class of its code", () =>
  withServer(
    events([
      ...STREAM.slice(0, 2),
      event(3, "error", { error: { code: "runtime_crashed", message: "It is gone." } }),
    ]),
    async (server) => {
      const found: unknown[] = [];
      await assert.rejects(async () => {
        for await (const each of clientOf(server).stream("Hi")) found.push(each);
      }, errors.RuntimeCrashedError);
      assert.equal(found.length, 2);
    },
  ));

test("an error before the stream is thrown by its loop", () =>
  withServer(failing(404, "model_not_found"), async (server) => {
    await assert.rejects(all(clientOf(server).stream({ prompt: "Hi", model: "x" })), errors.ModelNotFoundError);
  }));

test("an answer that is no stream is not taken for one", () =>
  withServer(json({}), async (server) => {
    await assert.rejects(all(clientOf(server).stream("Hi")), errors.UnexpectedReplyError);
  }));

test("a stream that is cut says after which event, and that it was not its end", () =>
  withServer(events(STREAM.slice(0, 2), "cut"), async (server) => {
    const stream = clientOf(server).stream("Hi");
    await assert.rejects(all(stream), (error) => {
      assert.ok(error instanceof errors.StreamInterruptedError);
      assert.equal(error.lastEventId, 2);
      assert.equal(error.requestId, stream.requestId);
      return true;
    });
    assert.equal(server.asked.length, 1);
    server.answers((reply) => reply.writeHead(200, { "content-type": "text/event-stream" }).end(STREAM[0]));
    await assert.rejects(all(clientOf(server).stream("Hi")), errors.StreamInterruptedError);
  }));

test("a stream that is cut after its answer has come is whole", () =>
  withServer(events(STREAM, "cut"), async (server) => {
    assert.equal((await all(clientOf(server).stream("Hi"))).length, 4);
  }));

test("a stream that falls silent is cut after the idle time-out, and comments keep it", () =>
  withServer(events(STREAM.slice(0, 2), "silence"), async (server) => {
    const client = clientOf(server, { timeouts: { idle: 500 } });
    await assert.rejects(all(client.stream("Hi")), /Nothing has come for 500 ms/);
    server.answers((reply) => {
      reply.writeHead(200, { "content-type": "text/event-stream" });
      const beat = setInterval(() => reply.write(": keep-alive\n\n"), 20);
      setTimeout(() => {
        clearInterval(beat);
        reply.end(STREAM.join("") + DONE);
      }, 1200);
    });
    assert.equal((await all(client.stream("Hi"))).length, 4);
  }));

/** Sends what there is and says when the client has gone. */
function watched(pieces: string[]): { answer: Answer; gone: Promise<void> } {
  let left: () => void = () => undefined;
  const gone = new Promise<void>((done) => {
    left = done;
  });
  return {
    answer: (reply) => {
      reply.on("close", left);
      reply.writeHead(200, { "content-type": "text/event-stream" });
      reply.write(pieces.join(""));
    },
    gone,
  };
}

test("leaving the loop ends the connection", async () => {
  const { answer, gone } = watched(STREAM.slice(0, 2));
  await withServer(answer, async (server) => {
    for await (const each of clientOf(server).stream("Hi")) if (each.type === "delta") break;
    await gone;
  });
});

test("cancelling ends the loop without an error, a signal ends it with its reason", async () => {
  const first = watched(STREAM.slice(0, 2));
  await withServer(first.answer, async (server) => {
    const stream = clientOf(server).stream("Hi");
    let seen = 0;
    for await (const _ of stream) {
      seen += 1;
      if (seen === 2) setTimeout(() => stream.cancel(), 50);
    }
    assert.equal(seen, 2);
    await first.gone;
  });
  const second = watched(STREAM.slice(0, 2));
  await withServer(second.answer, async (server) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await assert.rejects(all(clientOf(server).stream("Hi", { signal: stop.signal })), /enough/);
    await second.gone;
  });
});

test("a background stream that is cut goes on after its last event", () =>
  withServer(
    (reply, asked, request) => {
      const after = Number(asked.headers["last-event-id"] ?? 0);
      const pieces = asked.method === "POST" ? STREAM.slice(0, 2) : STREAM.slice(after - 1, after + 1);
      events(pieces, after === 3 ? "done" : "cut")(reply, asked, request);
    },
    async (server) => {
      const stream = clientOf(server).stream("Hi", { background: true });
      const found = await all(stream);
      assert.deepEqual(
        found.map(({ id }) => id),
        [1, 2, 3, 4],
      );
      const url = `/v1/requests/${stream.requestId}/events`;
      assert.deepEqual(
        server.asked.map((asked) => [asked.method, asked.url, asked.headers["last-event-id"]]),
        [
          ["POST", "/v1/generate", undefined],
          ["GET", url, "2"],
          ["GET", url, "3"],
        ],
      );
    },
  ));

test("following gives up where nothing comes any more", () =>
  withServer(events([], "cut"), async (server) => {
    const client = clientOf(server, { retries: 1 });
    await assert.rejects(all(client.watchRequest("req_1", { lastEventId: 3 })), errors.StreamInterruptedError);
    assert.deepEqual(
      server.asked.map((asked) => asked.headers["last-event-id"]),
      ["3", "3"],
    );
  }));

test("waiting for a background request tells its progress and gives its answer", () =>
  withServer(events(STREAM), async (server) => {
    const seen: string[] = [];
    const answer = await clientOf(server).waitForRequest("req_1", { onProgress: ({ type }) => seen.push(type) });
    assert.deepEqual(answer, OUTPUT);
    assert.deepEqual(seen, ["selected", "delta", "delta", "output"]);
  }));

test("waiting for a request of another process asks until its answer is there", () =>
  withServer(json({}), async (server) => {
    let asked = 0;
    const status = { request_id: "req_1", status: "running", error: null, finished_at: null };
    server.answers((reply, call, request) => {
      if (call.url.endsWith("/events")) events([event(1, "status", status)])(reply, call, request);
      else json({ ...status, result: asked++ === 0 ? null : OUTPUT })(reply, call, request);
    });
    assert.deepEqual(await clientOf(server).waitForRequest("req_1"), OUTPUT);
    server.answers((reply, call, request) => {
      if (call.url.endsWith("/events")) events([event(1, "status", status)])(reply, call, request);
      else
        json({ ...status, result: null, error: { code: "request_cancelled", message: "Stopped." } })(
          reply,
          call,
          request,
        );
    });
    await assert.rejects(clientOf(server).waitForRequest("req_1"), errors.RequestCancelledError);
  }));

test("waiting for a job tells its states and throws why it failed", () =>
  withServer(json({}), async (server) => {
    const job = (more: object) => ({ job_id: "job_1", status: "running", error: null, finished_at: null, ...more });
    const states = [job({ progress_pct: 10 }), job({ status: "completed", finished_at: "2026-01-01T00:00:00Z" })];
    server.answers(events(states.map((state, index) => event(index + 1, "status", state))));
    const seen: unknown[] = [];
    const ended = await clientOf(server).waitForJob("job_1", {
      onProgress: (state) => seen.push(state.progress_pct),
    });
    assert.equal(ended.status, "completed");
    assert.deepEqual(seen, [10, undefined]);
    const failed = job({ status: "failed", error: { code: "insufficient_storage", message: "Full." } });
    server.answers(events([event(1, "status", failed)]));
    await assert.rejects(clientOf(server).waitForJob("job_1"), errors.InsufficientStorageError);
  }));
