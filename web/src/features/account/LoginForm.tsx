import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { connection, sendKey, useConnection } from "../../common/connection";
import { ProblemNotice } from "../../common/Notice";
import { me, named } from "./api";
import { Front } from "./Front";

/** Logs in by name and password, or with a key that is forgotten when the page is left. */
export function LoginForm() {
  const queries = useQueryClient();
  const { client, address, cookie, fixed } = useConnection();
  const [way, setWay] = useState<"password" | "key">("password");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      if (way === "password") await client?.login({ ...named(name), password, cookie });
      else sendKey(key.trim());
      await queries.fetchQuery({ ...me(connection()), staleTime: 0 });
    } catch (problem) {
      if (way === "key") sendKey(undefined);
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Front title="Log in to Pluggably">
      <form onSubmit={submit} className="space-y-4">
        {way === "password" ? (
          <>
            <Field label="Email or user name" value={name} onChange={setName} autoComplete="username" />
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
        <button type="submit" className="button-primary w-full" disabled={busy}>
          {busy ? "Logging in…" : "Log in"}
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
        <Link to="/register" className="text-link underline-offset-2 hover:underline">
          Register
        </Link>
        {!fixed && (
          <Link to="/settings" className="min-w-0 truncate text-link underline-offset-2 hover:underline">
            {address}
          </Link>
        )}
      </div>
    </Front>
  );
}

export function Field(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: string;
  autoComplete?: string;
  required?: boolean;
  hint?: string;
  minLength?: number;
}) {
  const { label, value, onChange, hint, required = true, ...rest } = props;
  return (
    <label className="block space-y-1.5 text-sm">
      <span className="font-medium">{label}</span>
      <input
        className="field"
        value={value}
        required={required}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
      {hint !== undefined && <span className="block text-xs text-soft">{hint}</span>}
    </label>
  );
}
