/** A real server on loopback that keeps what it was asked and answers as it is told. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  method: string;
  /** As it went over the wire, with the query. */
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export type Answer = (reply: ServerResponse, asked: Asked, request: IncomingMessage) => void;

export class RecordingServer {
  readonly asked: Asked[] = [];
  #answer: Answer;
  readonly #server = createServer((request, reply) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString();
      const isJson = request.headers["content-type"] === "application/json";
      const body: unknown = isJson ? JSON.parse(text) : text === "" ? undefined : text;
      const asked = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      this.asked.push(asked);
      this.#answer(reply, asked, request);
    });
  });

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answers(answer: Answer): void {
    this.#answer = answer;
  }

  /** The last call. */
  get last(): Asked {
    const last = this.asked.at(-1);
    if (last === undefined) throw new Error("nothing was asked");
    return last;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Run with a server, and stop it. */
export async function withServer<T>(answer: Answer, run: (server: RecordingServer) => Promise<T>): Promise<T> {
  const server = await new RecordingServer(answer).start();
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (reply) => {
    reply.writeHead(status, { "content-type": "application/json", ...headers });
    reply.end(JSON.stringify(body));
  };

export const failing = (
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Answer =>
  json(
    { error: { code, type: "", message: `This is ${code}.`, param: null, details: null, ...more } },
    status,
    headers,
  );

export const event = (id: number, name: string, data: unknown): string =>
  `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

export const DONE = "data: [DONE]\n\n";

/** The pieces as server-sent events, one after the other; `end` is how it ends. */
export const events =
  (pieces: (string | Buffer)[], end: "done" | "cut" | "silence" = "done"): Answer =>
  async (reply) => {
    reply.writeHead(200, { "content-type": "text/event-stream" });
    reply.flushHeaders();
    for (const piece of pieces) {
      await new Promise((done) => reply.write(piece, done));
      await new Promise((done) => setImmediate(done));
    }
    if (end === "done") reply.end(DONE);
    else if (end === "cut") setTimeout(() => reply.destroy(), 20); // or the client never sees the pieces
  };
