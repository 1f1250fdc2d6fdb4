import { ApiError, ConnectionError, type EventStream, type RequestEvent } from "@pluggably/client";
import { expect, test } from "vitest";
import { type Order, type Streams, Works } from "./works";

type Step = RequestEvent | Error;

function streamOf(steps: readonly Step[]): EventStream<RequestEvent> {
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

const ORDER: Order = { modality: "image", model: "auto", prompt: "a cube", images: [], parameters: { seed: 7 } };
const progress = (id: number, step: number) =>
  ({ type: "progress", id, data: { progress_pct: 25 * step, step, steps: 4 } }) as RequestEvent;

interface Given {
  sent?: Step[];
  followed?: Step[];
  active?: { request_id: string; modality: string; created_at: string }[];
  made?: () => void;
}

function worksWith({ sent = [], followed = [], active = [], made = () => undefined }: Given) {
  const asked: unknown[] = [];
  const streams = {
    stream: (body: unknown) => {
      asked.push(body);
      return streamOf(sent);
    },
    watchRequest: (_id: string, options: unknown) => {
      asked.push(options);
      return streamOf(followed);
    },
    listRequests: async () => ({ requests: active }),
  };
  const works = new Works(
    () => streams as unknown as Streams,
    async () => made(),
    (paint) => paint(),
  );
  return { works, asked };
}

test("Auto leaves the model to the gateway, and everything is to be kept", async () => {
  const { works, asked } = worksWith({});
  await works.start(ORDER);
  expect(asked).toEqual([{ prompt: "a cube", modality: "image", parameters: { seed: 7 }, keep: true }]);
});

test("a card tells how far it is, and goes when what was made is in the gallery", async () => {
  const seen: (number | null)[] = [];
  const { works } = worksWith({ sent: [progress(1, 1), progress(2, 2)], made: () => seen.push(works.all().length) });
  works.subscribe(() => seen.push(works.all()[0]?.progressPct ?? null));
  await works.start(ORDER);
  expect(seen).toContain(25);
  expect(seen).toContain(50);
  expect(seen).toContain(1);
  expect(works.all()).toEqual([]);
});

test("a lost connection goes on after the last event that came", async () => {
  const { works, asked } = worksWith({
    sent: [progress(1, 1), new ConnectionError("gone")],
    followed: [progress(2, 4)],
  });
  await works.start(ORDER);
  expect(asked[1]).toEqual({ lastEventId: 1 });
  expect(works.all()).toEqual([]);
});

test("a failure stays with its order until it is dismissed", async () => {
  const { works } = worksWith({ sent: [new ConnectionError("gone")] });
  await works.start(ORDER);
  const [work] = works.all();
  expect(work?.phase).toBe("failed");
  expect(work?.order).toEqual(ORDER);
  expect(work?.problem?.title).toBe("The gateway can't be reached.");
  works.dismiss(work?.requestId ?? "");
  expect(works.all()).toEqual([]);
});

test("what others cancelled is a failure that says so", async () => {
  const cancelled = new ApiError({ code: "request_cancelled", message: "It was cancelled.", status: 409 } as never);
  const { works } = worksWith({ sent: [progress(1, 1), cancelled] });
  await works.start(ORDER);
  expect(works.all()[0]?.phase).toBe("failed");
});

test("what was ordered elsewhere is picked up, unless it is text", async () => {
  const created_at = "2026-11-24T00:00:00Z";
  const active = [
    { request_id: "req_text", modality: "text", created_at },
    { request_id: "req_mesh", modality: "3d", created_at },
  ];
  const found: string[] = [];
  const { works } = worksWith({ active });
  works.subscribe(() => found.push(...works.all().map(({ requestId }) => requestId)));
  await works.resume();
  expect(new Set(found)).toEqual(new Set(["req_mesh"]));
});
