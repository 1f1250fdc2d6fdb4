/** Which gateway the page talks to, and with what: the address may be kept, a key or a token never is. */

import { Pluggably } from "@pluggably/client";
import { useSyncExternalStore } from "react";
import { follow } from "./trouble";

const STORED = "pluggably.server";

export interface Connection {
  /** Null until somebody has said where the API is. */
  client: Pluggably | null;
  address: string;
  /** Whether the gateway serves the page itself, so that its address is not to be chosen. */
  fixed: boolean;
  /** Whether a login is kept in a cookie that scripts can't read; otherwise it lasts until the page is left. */
  cookie: boolean;
}

/** The page's own folder, without a slash at its end. */
export const pageBase = new URL(document.baseURI).pathname.replace(/\/+$/, "");

const written = document.querySelector<HTMLMetaElement>('meta[name="pluggably-server"]')?.content ?? "";
const listeners = new Set<() => void>();
let current = begin();

function begin(): Connection {
  if (written.startsWith("/")) return connected(new URL(written, location.origin).href, true);
  const address = localStorage.getItem(STORED) ?? written;
  if (address === "") return { client: null, address: "", fixed: false, cookie: false };
  try {
    return connected(address, false);
  } catch {
    return { client: null, address, fixed: false, cookie: false };
  }
}

function connected(address: string, fixed: boolean, apiKey?: string): Connection {
  const client = new Pluggably({ baseUrl: address, onCall: follow, ...(apiKey === undefined ? {} : { apiKey }) });
  return { client, address: client.baseUrl, fixed, cookie: new URL(client.baseUrl).origin === location.origin };
}

function become(next: Connection): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Talk to the gateway at this address from now on. Throws what the client says of an address that is none. */
export function connectTo(address: string): void {
  const next = connected(address, false);
  localStorage.setItem(STORED, next.address);
  become(next);
}

/** Send this key with every call until the page is left; undefined: send none. */
export function sendKey(apiKey: string | undefined): void {
  become(connected(current.address, current.fixed, apiKey));
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function connection(): Connection {
  return current;
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, connection);
}

/** The client, where the page is shown to somebody who is connected. */
export function useClient(): Pluggably {
  return present(useConnection().client);
}

export function client(): Pluggably {
  return present(current.client);
}

function present(found: Pluggably | null): Pluggably {
  if (found === null) throw new Error("No gateway has been chosen.");
  return found;
}

/** An address that the gateway gave, seen from the page: they may begin at the gateway's own root. */
export function absolute(url: string): string {
  return url.startsWith("/") ? new URL(url, current.address).href : url;
}
