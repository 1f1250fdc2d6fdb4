/** What the page keeps for somebody: in their profile, or on this device where nobody logs in. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { client, useConnection } from "../../common/connection";
import { me } from "./api";

/** The built-in user, whom everybody at this gateway may be: what they like is kept on their device. */
const NOBODY = "operator";
const PREFIX = "pluggably.preference.";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}

/** One preference by its name, and how to save another. Saving rejects where the gateway does not take it. */
export function usePreference<Value>(name: string, fallback: Value) {
  const connection = useConnection();
  const queries = useQueryClient();
  const mine = me(connection);
  const { data: profile } = useQuery(mine);
  const here = useSyncExternalStore(subscribe, () => localStorage.getItem(PREFIX + name));
  const onDevice = profile === undefined || profile.id === NOBODY;
  const save = async (value: Value): Promise<void> => {
    if (onDevice) {
      localStorage.setItem(PREFIX + name, JSON.stringify(value));
      for (const listener of listeners) listener();
      return;
    }
    const before = queries.getQueryData(mine.queryKey);
    if (before !== undefined) {
      queries.setQueryData(mine.queryKey, { ...before, preferences: { ...before.preferences, [name]: value } });
    }
    try {
      queries.setQueryData(mine.queryKey, await client().updateMe({ preferences: { [name]: value } }));
    } catch (error) {
      if (before !== undefined) queries.setQueryData(mine.queryKey, before);
      throw error;
    }
  };
  const value = onDevice ? read<Value>(here) : (profile.preferences[name] as Value | undefined);
  return { value: value ?? fallback, save };
}

function read<Value>(text: string | null): Value | undefined {
  try {
    return text === null ? undefined : (JSON.parse(text) as Value);
  } catch {
    return undefined;
  }
}
