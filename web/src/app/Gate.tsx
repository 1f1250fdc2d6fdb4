import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Connection, useConnection } from "../common/connection";
import { ProblemNotice } from "../common/Notice";
import { TroubleNotice } from "../common/TroubleNotice";
import { adoptTheme } from "../common/theme";
import { SLOW_MS } from "../common/trouble";
import { me, needsLogin } from "../features/account/api";
import { ConnectionSettings } from "../features/account/ConnectionSettings";
import { Front } from "../features/account/Front";
import { LoginAgain, LoginPage } from "../features/account/Login";
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
  const theme = profile.data?.preferences.theme;
  useEffect(() => adoptTheme(theme), [theme]);
  if (profile.data !== undefined) {
    // Who was inside when the login ended stays there, with all that was typed, and logs in above it.
    return (
      <>
        <Shell key={profile.data.id} />
        {needsLogin(profile.error) && <LoginAgain profile={profile.data} />}
      </>
    );
  }
  if (profile.isPending) return <Opening />;
  if (mayConnect) return <Connect />;
  if (needsLogin(profile.error)) return <LoginPage />;
  return (
    <>
      <TroubleNotice />
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
    </>
  );
}

/** Nothing to see while the gateway answers as fast as it should, a word about it when it does not. */
function Opening() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p role="status" className={late ? "p-6 text-center text-soft" : "sr-only"}>
      {late ? "The gateway is slow to answer. Still waiting…" : "Loading…"}
    </p>
  );
}
