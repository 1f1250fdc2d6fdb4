import type { Profile, Schemas } from "@pluggably/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, useConnection } from "../../common/connection";
import { me } from "../account/api";

/** The caller's profile, and a way to change it. */
export function useProfile() {
  const connection = useConnection();
  const queries = useQueryClient();
  const { data: profile } = useQuery(me(connection));
  const change = useMutation({
    mutationFn: (wanted: Schemas["ProfileChange"]) => client().updateMe(wanted),
    onSuccess: (next: Profile) => queries.setQueryData(me(connection).queryKey, next),
  });
  return { profile, change };
}
