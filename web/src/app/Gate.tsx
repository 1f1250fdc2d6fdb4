import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { type Connection, useConnection } from "../common/connection";
import { ProblemNotice } from "../common/Notice";
import { me, needsLogin } from "../features/account/api";
import { ConnectionSettings } from "../features/account/ConnectionSettings";
import { Front } from "../features/account/Front";
import { LoginForm } from "../features/account/LoginForm";
import { Shell } from "./Shell";

/** Asks for what is missing before the house can be entered: where the gateway is, and who wants to come in. */
export function Gate() {
  const connection = useConnection();
  const { pathname } = useLocation();
  if (connection.client === null || (pathname === "/settings" && !connection.fixed)) {
    return connection.client === null ? <Connect /> : <Entered connection={connection} mayConnect />;
  }
  return <Entered connection={connection} />;
}

function Connect() {
  return (
    <Front title="Connect to a gateway">
      <ConnectionSettings />
    </Front>
  );
}

function Entered({ connection, mayConnect = false }: { connection: Connection; mayConnect?: boolean }) {
  const profile = useQuery(me(connection));
  if (profile.data !== undefined && !needsLogin(profile.error)) return <Shell />;
  if (profile.isPending) {
    return (
      <p role="status" className="sr-only">
        Loading…
      </p>
    );
  }
  if (mayConnect) return <Connect />;
  if (needsLogin(profile.error)) return <LoginForm />;
  return (
    <Front title="Pluggably">
      <ProblemNotice error={profile.error}>
        <button type="button" className="button-plain h-8 px-3" onClick={() => void profile.refetch()}>
          Try again
        </button>
      </ProblemNotice>
      {!connection.fixed && (
        <div className="mt-6">
          <ConnectionSettings />
        </div>
      )}
    </Front>
  );
}
