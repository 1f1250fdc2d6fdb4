/** What outlasts a reload of this tab, and no more than that: a browser without storage loses it, nothing else. */

export function keep(key: string, value: unknown): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // The storage is full or forbidden.
  }
}

/** Forget all of it: what one person wrote is none of the next one's business. */
export function forgetKept(): void {
  try {
    sessionStorage.clear();
  } catch {
    // It is forbidden: there is nothing to forget.
  }
}

export function kept<Value>(key: string): Value | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Value | null;
  } catch {
    return null;
  }
}
