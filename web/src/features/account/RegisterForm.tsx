import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { connection, useConnection } from "../../common/connection";
import { ProblemNotice } from "../../common/Notice";
import { me, named } from "./api";
import { Field } from "./Field";
import { Front } from "./Front";
import { secondsLeft, useBackOff } from "./useBackOff";

/** Makes an account, with the invite that a link brought or that is typed, and logs in. */
export function RegisterForm({ invite }: { invite: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { client, cookie } = useConnection();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [token, setToken] = useState(invite);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const made = useRef(false);
  const left = useBackOff(error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const invited = token.trim() === "" ? {} : { invite_token: token.trim() };
      // Where the account was made and the login after it failed, the next attempt logs in.
      if (!made.current) await client?.register({ ...named(name), password, ...invited });
      made.current = true;
      await client?.login({ ...named(name), password, cookie });
      queries.clear();
      await queries.fetchQuery(me(connection()));
      await navigate({ to: "/", replace: true });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Front title="Register with Pluggably">
      <form onSubmit={submit} className="space-y-4">
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
          autoComplete="new-password"
          minLength={8}
          hint="At least 8 characters."
        />
        <Field
          label="Invite"
          value={token}
          onChange={setToken}
          required={false}
          autoComplete="off"
          hint={
            invite === ""
              ? "Comes as a link from whoever runs the gateway."
              : "Brought by the link that you followed."
          }
        />
        {error !== null && <ProblemNotice error={error} />}
        <button type="submit" className="button-primary w-full" disabled={busy || left > 0}>
          {busy ? "Registering…" : left > 0 ? `Register (${secondsLeft(left)})` : "Register"}
        </button>
      </form>
      <p className="mt-5 border-t border-line pt-4 text-sm">
        <Link to="/" className="text-link underline-offset-2 hover:underline">
          Log in instead
        </Link>
      </p>
    </Front>
  );
}
