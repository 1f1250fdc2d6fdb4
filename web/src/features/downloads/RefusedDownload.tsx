import { ApiError } from "@pluggably/client";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Confirm } from "../../common/Confirm";
import { client } from "../../common/connection";
import { ago, bytes } from "../../common/format";
import { ProblemNotice } from "../../common/Notice";

interface Evictable {
  id: string;
  size_bytes: number;
  last_used_at: string | null;
}

/** Why a download was not taken, and what to do about it: what could make room, or who has to accept what. */
export function RefusedDownload({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  const again = (
    <button type="button" className="button-plain h-9 px-3" onClick={onAgain}>
      Try again
    </button>
  );
  if (error instanceof ApiError && error.code === "insufficient_storage") {
    return <NoRoom error={error}>{again}</NoRoom>;
  }
  if (error instanceof ApiError && (error.code === "permission_denied" || error.code === "provider_auth_error")) {
    return (
      <ProblemNotice error={error}>
        {again}
        <Link
          to="/settings"
          search={{ section: "credentials", provider: "huggingface" }}
          className="button-plain h-9 px-3"
        >
          Add a token
        </Link>
      </ProblemNotice>
    );
  }
  return <ProblemNotice error={error}>{again}</ProblemNotice>;
}

function NoRoom({ error, children }: { error: ApiError; children: React.ReactNode }) {
  const queries = useQueryClient();
  const [asks, setAsks] = useState<Evictable | null>(null);
  const [gone, setGone] = useState<readonly string[]>([]);
  const told = error.details?.evictable;
  const candidates = (Array.isArray(told) ? (told as Evictable[]) : []).filter(({ id }) => !gone.includes(id));
  const remove = async ({ id }: Evictable) => {
    await client().removeModel(id, { files: true });
    setGone([...gone, id]);
    await Promise.all([["models"], ["storage"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  return (
    <div className="space-y-3">
      <ProblemNotice error={error}>{children}</ProblemNotice>
      {candidates.length > 0 && (
        <div>
          <p className="mb-2 text-sm font-medium">What could make room, unused for longest first:</p>
          <ul aria-label="Models that could make room" className="divide-y divide-line rounded-xl border border-line">
            {candidates.map((model) => (
              <li key={model.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
                <span className="min-w-0 flex-1 basis-40 break-all">{model.id}</span>
                <span className="text-xs text-soft">
                  {bytes(model.size_bytes)} ·{" "}
                  {model.last_used_at === null ? "never used" : `last used ${ago(model.last_used_at)}`}
                </span>
                <button
                  type="button"
                  className="button-plain h-9 px-3"
                  aria-label={`Remove ${model.id}`}
                  onClick={() => setAsks(model)}
                >
                  Remove…
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {asks !== null && (
        <Confirm
          title={`Remove ${asks.id}?`}
          action="Remove and delete the files"
          onConfirm={() => remove(asks)}
          onClose={() => setAsks(null)}
        >
          <p>It goes out of the catalog, and its files ({bytes(asks.size_bytes)}) are deleted for good.</p>
        </Confirm>
      )}
    </div>
  );
}
