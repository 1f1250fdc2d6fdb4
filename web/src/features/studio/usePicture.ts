import type { Artifact } from "@pluggably/client";
import { useEffect, useState } from "react";
import { absolute, client } from "../../common/connection";

interface Picture {
  /** Undefined until it is known. */
  src: string | undefined;
  failed: boolean;
  /** To be told when the address can't be shown. */
  onError: () => void;
}

/** Where an image is shown from: its address, where the page may load that; else what the client fetches. */
export function usePicture({ id, url }: Pick<Artifact, "id" | "url">): Picture {
  const address = absolute(url);
  const near = new URL(address).origin === location.origin;
  const [refused, setRefused] = useState<string | null>(null);
  const [fetched, setFetched] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const fetches = !near || refused === address;
  useEffect(() => {
    if (!fetches) return;
    const end = new AbortController();
    let made: string | undefined;
    client()
      .getArtifact(id, { signal: end.signal })
      .then((file) => {
        if (end.signal.aborted) return;
        made = URL.createObjectURL(file);
        setFetched(made);
      })
      .catch(() => setFailed(!end.signal.aborted));
    return () => {
      end.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
      setFetched(null);
    };
  }, [id, fetches]);
  const onError = () => {
    // Its address may have expired while the page was open.
    if (fetches) setFailed(true);
    else setRefused(address);
  };
  return { src: fetches ? (fetched ?? undefined) : address, failed, onError };
}
