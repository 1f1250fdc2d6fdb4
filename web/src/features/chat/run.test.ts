import { ConnectionError, type EventStream, type RequestEvent } from "@pluggably/client";
import { expect, test } from "vitest";
import { Runs, type Streams } from "./run";

type Step = RequestEvent | Error;

function streamOf(steps: Step[]): EventStream<RequestEvent> {
  let lastEventId: number | undefined;
  const stream = {
    get lastEventId() {
      return lastEventId;
    },
    async *[Symbol.asyncIterator]() {
      for (const step of steps) {
        if (step instanceof Error) throw step;
        lastEventId = step.id;
        yield step;
      }
    },
  };
  return stream as unknown as EventStream<RequestEvent>;
}

const delta = (id: number, text: string) => ({ type: "delta", id, data: { text } }) as RequestEvent;
const TURN = { sessionId: "ses_1", prompt: "Hello", images: [], model: "auto", parameters: null, again: null };

function runsWith(sent: Step[], followed: Step[] = [], asked: unknown[] = []): Runs {
  const streams = {
    sessions: { stream: () => streamOf(sent) },
    watchRequest: (_id: string, options: unknown) => {
      asked.push(options);
      return streamOf(followed);
    },
  };
  return new Runs(
    () => streams as unknown as Streams,
    (paint) => queueMicrotask(paint),
  );
}

test("deltas become the answer's text", async () => {
  const run = await runsWith([delta(1, "Hel"), delta(2, "lo")]).start(TURN);
  expect(run.text).toBe("Hello");
  expect(run.phase).toBe("ended");
});

test("a lost connection goes on after the last event that came", async () => {
  const asked: { lastEventId?: number }[] = [];
  const run = await runsWith([delta(1, "Hel"), new ConnectionError("gone")], [delta(2, "lo")], asked).start(TURN);
  expect(run.text).toBe("Hello");
  expect(asked[0]?.lastEventId).toBe(1);
});

test("a gateway that was never reached is a failure", async () => {
  const run = await runsWith([new ConnectionError("gone")]).start(TURN);
  expect(run.phase).toBe("failed");
  expect(run.error).toBeInstanceOf(ConnectionError);
});

test("listeners are told once for many deltas", async () => {
  const runs = runsWith(Array.from({ length: 100 }, (_, place) => delta(place + 1, "x")));
  const paints: (() => void)[] = [];
  const calm = new Runs(
    () => ({ sessions: { stream: () => streamOf([delta(1, "a"), delta(2, "b")]) } }) as unknown as Streams,
    (paint) => paints.push(paint),
  );
  let told = 0;
  calm.subscribe(() => told++);
  await calm.start(TURN);
  expect(paints.length).toBe(1);
  paints[0]?.();
  expect(told).toBe(1);
  expect((await runs.start(TURN)).text).toHaveLength(100);
});
