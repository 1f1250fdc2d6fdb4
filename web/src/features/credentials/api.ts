import type { Schemas } from "@pluggably/client";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { client } from "../../common/connection";

export type Provider = Schemas["ProviderRead"];
export type ProviderKey = Schemas["ProviderKeyRead"];

/** The providers that can be asked. */
export function providerList() {
  return queryOptions({
    queryKey: ["providers"],
    queryFn: ({ signal }) => client().listProviders({ signal }),
    staleTime: 30_000,
  });
}

/** The caller's own keys. */
export function providerKeys() {
  return queryOptions({
    queryKey: ["provider-keys"],
    queryFn: ({ signal }) => client().listProviderKeys({ limit: 200 }, { signal }).toArray(),
  });
}

/** Ask anew what a changed key changes. */
export function keysChanged(queries: QueryClient): Promise<unknown> {
  return Promise.all(
    ["provider-keys", "providers", "models"].map((name) => queries.invalidateQueries({ queryKey: [name] })),
  );
}
