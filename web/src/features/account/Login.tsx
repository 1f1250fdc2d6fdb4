import { Pluggably, type Profile } from "@pluggably/client";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { client, connection, sendKey, useConnection } from "../../common/connection";
import { forgetKept } from "../../common/kept";
import { ProblemNotice } from "../../common/Notice";
import { TroubleNotice } from "../../common/TroubleNotice";
import { follow } from "../../common/trouble";
import { me, named } from "./api";
import { Field } from "./Field";
import { Front } from "./Front";
import { secondsLeft, useBackOff } from "./useBackOff";

/** The page that asks who wants to come in. */
export function LoginPage() {
  const { address, fixed } = useConnection();
  const queries = useQueryClient();
  return (
    <>
      <TroubleNotice />
      <Front title="Log in to Pluggably">
        <LoginForm name="" onEntered={(profile) => queries.setQueryData(me(connection()).queryKey, profile)}>
          <Link to="/register" className="text-link underline-offset-2 hover:underline">
            Register
          </Link>
          {!fixed && (
            <Link to="/settings" className="min-w-0 truncate text-link underline-offset-2 hover:underline">
              {address}
            </Link>
          )}
        </LoginForm>
      </Front>
    </>
  );
}

/** Asks again, in front of the page, whoever was logged in: what stands on the page is still there afterwards. */
export function LoginAgain({ profile }: { profile: Profile }) {
  const queries = useQueryClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const open = () => {
    if (dialog.current?.open === false) dialog.current.showModal();
  };
  useEffect(open, []);
  const enter = (next: Profile) => {
    if (next.id !== profile.id) {
      // Somebody else: nothing of what was there before is for them.
      forgetKept();
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
    }
    queries.setQueryData(me(connection()).queryKey, next);
    void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => event.preventDefault()}
      onClose={open}
      className="m-auto w-[min(24rem,calc(100vw-2rem))] rounded-2xl border border-line bg-raised p-6 shadow-2xl"
    >
      <h2 id={heading} className="text-lg font-semibold">
        Log in again
      </h2>
      <p className="mt-1 mb-5 text-sm text-soft">Your login has ended. What you typed is still on the page.</p>
      <LoginForm name={profile.email ?? profile.username ?? ""} onEntered={enter} />
    </dialog>
  );
}

interface FormProps {
  name: string;
  onEntered: (profile: Profile) => void;
  children?: React.ReactNode;
}

/** Logs in by name and password, or with a key that is forgotten when the page is left. */
function LoginForm({ name: known, onEntered, children }: FormProps) {
  const { address, cookie } = useConnection();
  const [way, setWay] = useState<"password" | "key">(known === "operator" ? "key" : "password");
  const [name, setName] = useState(known === "operator" ? "" : known);
  const [password, setPassword] = useState("");
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const left = useBackOff(error);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      if (way === "password") {
        // Asked once: the client would wait out a back-off and send a wrong password again.
        const door = new Pluggably({ baseUrl: address, retries: 0, onCall: follow });
        sendKey((await door.login({ ...named(name), password, cookie })).token ?? undefined);
        onEntered(await client().me());
      } else {
        const profile = await new Pluggably({ baseUrl: address, apiKey: key.trim() }).me();
        sendKey(key.trim());
        onEntered(profile);
      }
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <>
      <form onSubmit={submit} className="space-y-4">
        {way === "password" ? (
          <>
            <Field
              label="Email or user name"
              value={name}
              onChange={setName}
              autoComplete="username"
              autoCapitalize="none"
            />
            <Field
              label="Password"
              type="password"
              value={password}
              onChange={setPassword}
              autoComplete="current-password"
            />
          </>
        ) : (
          <Field label="API key" type="password" value={key} onChange={setKey} autoComplete="off" />
        )}
        {error !== null && <ProblemNotice error={error} />}
        <button type="submit" className="button-primary w-full" disabled={busy || left > 0}>
          {busy ? "Logging in…" : left > 0 ? `Log in (${secondsLeft(left)})` : "Log in"}
        </button>
        {(way === "key" || !cookie) && (
          <p className="text-xs text-soft">Kept until this page is closed or loaded anew.</p>
        )}
      </form>
      <div className="mt-5 flex flex-wrap justify-between gap-x-4 gap-y-2 border-t border-line pt-4 text-sm">
        <button
          type="button"
          className="text-link underline-offset-2 hover:underline"
          onClick={() => {
            setWay(way === "password" ? "key" : "password");
            setError(null);
          }}
        >
          {way === "password" ? "Use an API key" : "Use a password"}
        </button>
        {children}
      </div>
    </>
  );
}
