/** What stands between browser and gateway and can go wrong: on loopback, speaking HTTP as any reverse proxy does. */

import { createServer, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** How calls of the API are treated. */
export type Ailment = "cut" | "silent" | "500" | "503" | "502" | "page" | { delayMs: number };

const PAGE = "<!doctype html><title>Sorry</title><h1>Something went wrong</h1>";

export class FaultyProxy {
  /** What ails it; null: nothing. */
  ailment: Ailment | null = null;
  /** Which paths it ails. */
  ails: (path: string) => boolean = isApi;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  /** A proxy before a gateway. */
  static async before(gateway: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(gateway);
    await proxy.start();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      const path = incoming.url ?? "/";
      const ailment = this.ails(path) ? this.ailment : null;
      const pass = () => {
        const { hostname, port } = this.#target;
        const { method, headers } = incoming;
        const onward = request({ hostname, port, method, path, headers }, (reply) => {
          outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(outgoing);
        });
        onward.on("error", () => outgoing.destroy());
        outgoing.on("close", () => onward.destroy());
        incoming.pipe(onward);
      };
      if (ailment === null) pass();
      else if (ailment === "cut") incoming.socket.destroy();
      else if (ailment === "silent") incoming.resume();
      else if (typeof ailment === "object") setTimeout(pass, ailment.delayMs);
      else {
        incoming.resume();
        outgoing.writeHead(ailment === "page" ? 200 : Number(ailment), { "content-type": "text/html" }).end(PAGE);
      }
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((done) => server.listen(this.#port, "127.0.0.1", done));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Gone, as a machine that was switched off: nobody listens there any more. */
  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server?.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = null;
  }
}

/** Whether a path is one of the API, and not a file of the page. */
export function isApi(path: string): boolean {
  return /^\/(v1|health|ready)(\/|$|\?)/.test(path);
}
