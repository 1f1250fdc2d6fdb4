import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { client, sendKey, useConnection } from "../../common/connection";
import { forgetKept } from "../../common/kept";
import { features as featuresOf, me, nameOf, OPERATOR } from "./api";

/** Who is logged in, and the way out. Nobody has to log in to a gateway in local mode, nor can log out of it. */
export function AccountLine() {
  const connection = useConnection();
  const queries = useQueryClient();
  const { data: profile } = useQuery(me(connection));
  const { data: features } = useQuery({ ...featuresOf(connection), enabled: profile?.id === OPERATOR });
  if (profile === undefined || (profile.id === OPERATOR && features?.local_only !== false)) return null;
  const logOut = async () => {
    try {
      await client().logout();
    } finally {
      sendKey(undefined);
      forgetKept();
      queries.clear();
    }
  };
  return (
    <div className="flex items-center gap-2 rounded-lg px-3 py-1">
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
  );
}
