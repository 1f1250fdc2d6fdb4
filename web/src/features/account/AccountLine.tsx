import { ApiError } from "@pluggably/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useState } from "react";
import { client, sendKey, useConnection } from "../../common/connection";
import { forgetKept } from "../../common/kept";
import { features as featuresOf, me, nameOf, OPERATOR } from "./api";

/** Who is logged in, and the way out. Nobody has to log in to a gateway in local mode, nor can log out of it. */
export function AccountLine() {
  const connection = useConnection();
  const queries = useQueryClient();
  const [stays, setStays] = useState(false);
  const { data: profile } = useQuery(me(connection));
  const { data: features } = useQuery({ ...featuresOf(connection), enabled: profile?.id === OPERATOR });
  if (profile === undefined || (profile.id === OPERATOR && features?.local_only !== false)) return null;
  const logOut = async () => {
    setStays(false);
    try {
      await client().logout();
    } catch (error) {
      // A key has no login to end, and a login that has ended needs no end. One that may go on must be told of.
      if (!(error instanceof ApiError)) {
        setStays(true);
        return;
      }
    }
    sendKey(undefined);
    forgetKept();
    queries.clear();
  };
  return (
    <div className="rounded-lg px-3 py-1">
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate text-sm">{nameOf(profile)}</span>
        <button
          type="button"
          className="icon-button"
          aria-label="Log out"
          title="Log out"
          onClick={() => void logOut()}
        >
          <LogOut aria-hidden className="size-4" />
        </button>
      </div>
      {stays && (
        <p role="alert" className="pb-1 text-xs text-bad">
          The gateway can't be reached, so your login goes on. Try again.
        </p>
      )}
    </div>
  );
}
