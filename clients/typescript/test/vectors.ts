/** What goes over the wire, as a real gateway gave it: `clients/vectors`. */

import { readdirSync, readFileSync } from "node:fs";

const ROOT = new URL("../../../../", import.meta.url);
const FOLDER = new URL("clients/vectors/", ROOT);

export interface Request {
  path: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: any;
  files?: Record<string, string>;
}

export interface Exchange {
  name: string;
  request: Request;
  status: number;
  response: unknown;
}

export interface Vector {
  operation: string;
  method: string;
  path: string;
  exchanges: Exchange[];
}

export interface WireEvent {
  name: string;
  id: number;
  data: unknown;
}

export interface Stream {
  operation: string;
  name: string;
  request: Request;
  events: WireEvent[];
}

export interface WireError {
  code: string;
  status: number;
  type: string;
  envelope: { error: Record<string, unknown> };
}

interface Document {
  paths: Record<string, Record<string, { operationId: string }>>;
}

const read = (name: string, folder = FOLDER): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));

const OTHERS = ["streams.json", "events.json", "errors.json"];
export const vectors = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json") && !OTHERS.includes(name))
  .map((name) => read(name) as Vector);
export const { streams } = read("streams.json") as { streams: Stream[] };
export const { events } = read("events.json") as { events: WireEvent[] };
export const { errors } = read("errors.json") as { errors: WireError[] };

/** The operations of the OpenAPI document. */
export const operations = Object.values((read("docs/openapi.json", ROOT) as Document).paths).flatMap((methods) =>
  Object.values(methods).map((operation) => operation.operationId),
);
