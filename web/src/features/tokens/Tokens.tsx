import type { Schemas } from "@pluggably/client";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Confirm } from "../../common/Confirm";
import { CopyButton } from "../../common/CopyButton";
import { client, useConnection } from "../../common/connection";
import { Dialog } from "../../common/Dialog";
import { shortTime, wholeDay } from "../../common/format";
import { Hint, ProblemNotice } from "../../common/Notice";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { features } from "../account/api";
import { Field } from "../account/Field";

type Token = Schemas["TokenRead"];
type Scope = Token["scopes"][number];

const SCOPES: readonly { scope: Scope; label: string; about: string }[] = [
  { scope: "read", label: "Read", about: "Models, sessions, usage" },
  { scope: "generate", label: "Generate", about: "Ask models, chat" },
  { scope: "manage", label: "Manage", about: "Change your profile, keys and tokens" },
];
const LIVES = [
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "A year" },
  { days: null, label: "Until it is revoked" },
] as const;

function tokenList() {
  return queryOptions({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => client().listUserTokens({ limit: 200 }, { signal }).toArray(),
  });
}

/** The tokens with which programs call the API for somebody. */
export function Tokens() {
  const queries = useQueryClient();
  const tokens = useQuery(tokenList());
  const { data: about } = useQuery(features(useConnection()));
  const [makes, setMakes] = useState(false);
  const [revokes, setRevokes] = useState<Token | null>(null);
  const changed = () => queries.invalidateQueries({ queryKey: tokenList().queryKey });
  return (
    <>
      {about?.local_only === true && (
        <Hint>
          In local mode programs on this machine need no token. Tokens count once the gateway asks for a login.
        </Hint>
      )}
      <Card
        title="API tokens"
        about="A program with a token acts for you, within the token's scopes. Send it as “Authorization: Bearer …” or “X-API-Key”."
        action={
          <button type="button" className="button-primary" onClick={() => setMakes(true)}>
            <Plus aria-hidden className="size-4" /> New token
          </button>
        }
      >
        {tokens.data === undefined ? (
          <Waiting query={tokens} />
        ) : tokens.data.length === 0 ? (
          <p className="text-sm text-soft">None yet. Make one for each program, so that each can be revoked alone.</p>
        ) : (
          <ul className="-my-2 divide-y divide-line" aria-label="Your tokens">
            {tokens.data.map((token) => (
              <li key={token.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
                <div className="min-w-0 flex-1 basis-56">
                  <p className="text-sm font-medium break-words">{token.name}</p>
                  <p className="text-xs text-soft">
                    <code className="font-mono">{token.prefix}…</code> ·{" "}
                    {SCOPES.filter(({ scope }) => token.scopes.includes(scope))
                      .map(({ scope }) => scope)
                      .join(", ")}
                  </p>
                  <p className="text-xs text-soft">
                    {token.last_used_at === null ? "Never used" : `Last used ${shortTime(token.last_used_at)}`} ·{" "}
                    {lifeOf(token)}
                  </p>
                </div>
                <button
                  type="button"
                  className="button-plain text-bad"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => setRevokes(token)}
                >
                  Revoke
                </button>
              </li>
            ))}
          </ul>
        )}
      </Card>
      {makes && <NewToken onClose={() => setMakes(false)} onMade={changed} />}
      {revokes !== null && (
        <Confirm
          title={`Revoke “${revokes.name}”?`}
          action="Revoke"
          onClose={() => setRevokes(null)}
          onConfirm={async () => {
            await client().revokeUserToken(revokes.id);
            await changed();
          }}
        >
          Programs that use it are refused at once, and so are tokens that were made with it. It can't be brought
          back.
        </Confirm>
      )}
    </>
  );
}

function lifeOf(token: Token): string {
  if (token.expires_at === null) return "does not expire";
  const ended = Date.parse(token.expires_at) < Date.now();
  return `${ended ? "expired" : "expires"} ${wholeDay(token.expires_at)}`;
}

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read", "generate"]);
  const [days, setDays] = useState<number | null>(90);
  const make = useMutation({
    mutationFn: () => client().createUserToken({ name: name.trim(), scopes, expires_days: days }),
    onSuccess: onMade,
  });
  if (make.data !== undefined) {
    return (
      <Dialog title="Your new token" onClose={onClose}>
        <p className="text-sm">Copy it now and keep it where secrets are kept: it is not shown again.</p>
        <div className="mt-4 flex flex-wrap items-center gap-2">
          <code className="min-w-0 flex-1 basis-56 rounded-lg bg-pane px-3 py-2.5 font-mono text-xs break-all select-all">
            {make.data.token}
          </code>
          <CopyButton text={make.data.token} />
        </div>
        <div className="mt-5 flex justify-end">
          <button type="button" className="button-primary" onClick={onClose}>
            Done
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="New token" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
        className="space-y-4"
      >
        <Field label="Name" value={name} onChange={setName} maxLength={255} placeholder="laptop" autoComplete="off" />
        <fieldset className="text-sm">
          <legend className="mb-1 font-medium">Scopes</legend>
          {SCOPES.map(({ scope, label, about }) => (
            <label key={scope} className="flex min-h-10 items-center gap-3">
              <input
                type="checkbox"
                className="size-4 accent-accent"
                checked={scopes.includes(scope)}
                onChange={(event) =>
                  setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
                }
              />
              <span>
                {label} <span className="text-xs text-soft">{about}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <label className="block space-y-1.5 text-sm">
          <span className="block font-medium">Valid for</span>
          <select
            className="field"
            value={days ?? ""}
            onChange={(event) => setDays(event.target.value === "" ? null : Number(event.target.value))}
          >
            {LIVES.map((life) => (
              <option key={life.label} value={life.days ?? ""}>
                {life.label}
              </option>
            ))}
          </select>
        </label>
        {make.error !== null && <ProblemNotice error={make.error} />}
        <div className="flex justify-end gap-2">
          <button type="button" className="button-plain" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button-primary" disabled={make.isPending || scopes.length === 0}>
            {make.isPending ? "Making…" : "Make token"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
