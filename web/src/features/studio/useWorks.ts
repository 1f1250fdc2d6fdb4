import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { client, subscribe } from "../../common/connection";
import { galleryChanged } from "./api";
import { type Work, Works } from "./works";

let refresh = async (): Promise<void> => undefined;
const begin = () => new Works(client, () => refresh());

/** What is under way for this page. Another connection begins with nothing. */
export let works = begin();
subscribe(() => {
  works = begin();
});

export function useWorks(): readonly Work[] {
  const queries = useQueryClient();
  useEffect(() => {
    refresh = () => galleryChanged(queries);
    // Without an answer the gallery beside it says what is wrong.
    works.resume().catch(() => undefined);
  }, [queries]);
  return useSyncExternalStore(works.subscribe, works.all);
}
