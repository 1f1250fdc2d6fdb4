import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, Hourglass } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { connection } from "./connection";
import { type Trouble, useTrouble } from "./trouble";

const SAID: Record<Trouble, { title: string; advice: string }> = {
  away: {
    title: "No connection to the gateway.",
    advice: "Check that it is running and that this device is online. What you typed stays here.",
  },
  mute: {
    title: "The gateway does not answer.",
    advice: "It may be overloaded or starting. What you typed stays here.",
  },
  failing: {
    title: "Something answers in the gateway's place.",
    advice: "It may be starting anew behind its proxy. What you typed stays here.",
  },
  slow: { title: "The gateway is slow to answer.", advice: "Nothing needs to be done; this page goes on waiting." },
};

const PROBE_MS = 8000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 15_000;
const STEADY_MS = 30_000;

/** Says on every page that the gateway is away or slow, asks again by itself, and loads what could not be loaded. */
export function TroubleNotice() {
  const trouble = useTrouble();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const wait = useRef({ ms: FIRST_WAIT_MS, wellSince: 0 });
  const isAway = trouble !== null && trouble !== "slow";

  const ask = useCallback(async () => {
    setAsking(true);
    // The client's own watch hears of the answer.
    await connection()
      .client?.health({ timeout: PROBE_MS })
      .catch(() => undefined);
    setAsking(false);
  }, []);

  useEffect(() => {
    if (!isAway) return;
    let timer: ReturnType<typeof setTimeout>;
    let left = false;
    // A gateway that comes and goes is asked ever more rarely, or the page would load again and again.
    if (Date.now() - wait.current.wellSince > STEADY_MS) wait.current.ms = FIRST_WAIT_MS;
    const again = () => {
      timer = setTimeout(async () => {
        await ask();
        wait.current.ms = Math.min(wait.current.ms * 1.5, LONGEST_WAIT_MS);
        if (!left) again();
      }, wait.current.ms);
    };
    again();
    const online = () => void ask();
    addEventListener("online", online);
    return () => {
      left = true;
      clearTimeout(timer);
      removeEventListener("online", online);
      wait.current.wellSince = Date.now();
      void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
    };
  }, [isAway, ask, queries]);

  return (
    <div role="status" className="empty:hidden">
      {trouble !== null && (
        <div
          className={`flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 text-sm ${isAway ? "bg-bad-tint" : "bg-note-tint"}`}
        >
          {isAway ? (
            <CircleAlert aria-hidden className="size-4 shrink-0 text-bad" />
          ) : (
            <Hourglass aria-hidden className="size-4 shrink-0 text-note" />
          )}
          <p className="min-w-0 flex-1 basis-56">
            <span className={`font-medium ${isAway ? "text-bad" : "text-note"}`}>{SAID[trouble].title}</span>{" "}
            {SAID[trouble].advice}
          </p>
          {isAway && (
            <button type="button" className="button-plain h-8 px-3" disabled={asking} onClick={() => void ask()}>
              {asking ? "Trying…" : "Try now"}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
