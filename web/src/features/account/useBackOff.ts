import { RateLimitError } from "@pluggably/client";
import { useEffect, useState } from "react";

/** Seconds until a refused attempt may be made again, counted down; 0 where there is nothing to wait for. */
export function useBackOff(error: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const wait = error instanceof RateLimitError ? (error.retryAfter ?? 0) : 0;
    const end = Date.now() + wait * 1000;
    const count = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    count();
    if (wait === 0) return;
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}

export function secondsLeft(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
