import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { connection, useConnection } from "../../common/connection";
import { ProblemNotice } from "../../common/Notice";
import { me, named } from "./api";
import { Front } from "./Front";
import { Field } from "./LoginForm";

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
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const invited = token.trim() === "" ? {} : { invite_token: token.trim() };
      await client?.register({ ...named(name), password, ...invited });
      await client?.login({ ...named(name), password, cookie });
      await queries.fetchQuery({ ...me(connection()), staleTime: 0 });
      await navigate({ to: "/", replace: true });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Front title="Register with Pluggably">
      <form onSubmit={submit} className="space-y-4">
        <Field label="Email or user name" value={name} onChange={setName} autoComplete="username" />
        <Field label="Password" type="password" value={password} onChange={setPassword} autoComplete="new-password" />
        <Field label="Invite" value={token} onChange={setToken} required={false} autoComplete="off" />
        {error !== null && <ProblemNotice error={error} />}
        <button type="submit" className="button-primary w-full" disabled={busy}>
          {busy ? "Registering…" : "Register"}
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
