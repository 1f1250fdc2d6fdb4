import type { ErrorComponentProps } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";

/** Stands in the place of a page that could not be shown: most often its script could not be fetched. */
export function PageProblem({ error, reset }: ErrorComponentProps) {
  const fetched = /dynamically imported module|import(ing|ed)? .*module|Failed to fetch/i.test(String(error));
  return (
    <div role="alert" className="m-auto max-w-md space-y-3 p-6 text-center">
      <CircleAlert aria-hidden className="mx-auto size-8 text-bad" />
      <h1 className="text-xl font-semibold">This page could not be {fetched ? "loaded" : "shown"}.</h1>
      <p className="text-soft">
        {fetched
          ? "The gateway did not send it. Check that it is running and that this device is online, then try again."
          : "Try again; if it happens again, load the page anew."}
      </p>
      <div className="flex justify-center gap-2 pt-2">
        <button type="button" className="button-primary" onClick={() => (fetched ? location.reload() : reset())}>
          Try again
        </button>
        {!fetched && (
          <button type="button" className="button-plain" onClick={() => location.reload()}>
            Load anew
          </button>
        )}
      </div>
    </div>
  );
}
