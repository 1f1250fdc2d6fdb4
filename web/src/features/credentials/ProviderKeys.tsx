import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CircleHelp, KeyRound, LockOpen } from "lucide-react";
import { useEffect, useState } from "react";
import { Confirm } from "../../common/Confirm";
import { client } from "../../common/connection";
import { count, shortTime } from "../../common/format";
import { Hint, ProblemNotice } from "../../common/Notice";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { keysChanged, type Provider, type ProviderKey, providerKeys, providerList } from "./api";
import { formsOf } from "./forms";
import { KeyDialog } from "./KeyDialog";

/** The caller's own keys with providers. `wanted` is a provider whose form another page asks for. */
export function ProviderKeys({ wanted }: { wanted: string | undefined }) {
  const navigate = useNavigate();
  const providers = useQuery(providerList());
  const keys = useQuery(providerKeys());
  const [asks, setAsks] = useState<string | null>(null);
  const [fresh, setFresh] = useState<string | null>(null);
  useEffect(() => setAsks(wanted ?? null), [wanted]);
  if (providers.data === undefined) return <Waiting query={providers} />;
  if (keys.data === undefined) return <Waiting query={keys} />;
  const keyOf = (name: string) => keys.data.find(({ provider }) => provider === name);
  const taking = providers.data.filter((provider) => formsOf(provider.credential_types).length > 0);
  const own = taking.filter(({ name }) => keyOf(name) !== undefined);
  const others = taking.filter(({ name }) => keyOf(name) === undefined);
  const asked = taking.find(({ name }) => name === asks);
  const close = () => {
    setAsks(null);
    if (wanted !== undefined) void navigate({ to: "/settings", search: { section: "credentials" }, replace: true });
  };
  return (
    <>
      {wanted !== undefined && !taking.some(({ name }) => name === wanted) && (
        <Hint>There is no provider “{wanted}” here that takes a key.</Hint>
      )}
      <Card
        title="Your keys"
        about="Your own keys go before the gateway's for your requests, and nobody else can use them. They are kept encrypted."
      >
        {own.length === 0 ? (
          <p className="text-sm text-soft">None yet. Add one below to unlock a provider's models.</p>
        ) : (
          <ul className="-my-2 divide-y divide-line">
            {own.map((provider) => {
              const key = keyOf(provider.name);
              return (
                key !== undefined && (
                  <OwnKey
                    key={key.id}
                    provider={provider}
                    held={key}
                    checksAtOnce={fresh === provider.name}
                    onReplace={() => setAsks(provider.name)}
                  />
                )
              );
            })}
          </ul>
        )}
      </Card>
      <Card title="Providers" about="Those that the gateway's operator has a key for work without one of yours.">
        <ul className="-my-2 divide-y divide-line">
          {others.map((provider) => (
            <li key={provider.name} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
              <div className="min-w-0 flex-1 basis-48">
                <p className="text-sm font-medium">{provider.title}</p>
                <p className="flex items-center gap-1.5 text-xs text-soft">
                  {provider.configured ? (
                    <>
                      <LockOpen aria-hidden className="size-3.5 text-good" /> Unlocked by the gateway
                    </>
                  ) : (
                    <>
                      <KeyRound aria-hidden className="size-3.5" /> Needs a key
                    </>
                  )}
                  {` · ${kindsOf(provider)}`}
                </p>
              </div>
              <button
                type="button"
                className="button-plain"
                aria-label={`Add a key for ${provider.title}`}
                onClick={() => setAsks(provider.name)}
              >
                Add a key
              </button>
            </li>
          ))}
        </ul>
      </Card>
      {asked !== undefined && (
        <KeyDialog
          key={asked.name}
          provider={asked}
          replaces={keyOf(asked.name) !== undefined}
          onClose={close}
          onStored={() => {
            setFresh(asked.name);
            close();
          }}
        />
      )}
    </>
  );
}

function kindsOf(provider: Provider): string {
  const names = { text: "text", image: "images", "3d": "3D" };
  return provider.supported_modalities.map((modality) => names[modality]).join(", ");
}

interface OwnKeyProps {
  provider: Provider;
  held: ProviderKey;
  checksAtOnce: boolean;
  onReplace: () => void;
}

function OwnKey({ provider, held, checksAtOnce, onReplace }: OwnKeyProps) {
  const queries = useQueryClient();
  const [removes, setRemoves] = useState(false);
  const check = useMutation({ mutationFn: () => client().checkProviderKey(held.provider) });
  const { mutate } = check;
  useEffect(() => {
    if (checksAtOnce) mutate();
  }, [checksAtOnce, mutate]);
  const kind = formsOf(provider.credential_types).find(({ type }) => type === held.credential_type);
  return (
    <li className="space-y-3 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-48">
          <p className="text-sm font-medium">{provider.title}</p>
          <p className="text-xs break-all text-soft">
            {kind?.title ?? held.credential_type} <code className="font-mono">{held.masked_key}</code> · stored{" "}
            <time dateTime={held.created_at}>{shortTime(held.created_at)}</time>
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <button
            type="button"
            className="button-plain"
            aria-label={`Check the key for ${provider.title}`}
            disabled={check.isPending}
            onClick={() => check.mutate()}
          >
            {check.isPending ? "Checking…" : "Check"}
          </button>
          <button
            type="button"
            className="button-plain"
            aria-label={`Replace the key for ${provider.title}`}
            onClick={onReplace}
          >
            Replace
          </button>
          <button
            type="button"
            className="button-plain text-bad"
            aria-label={`Remove the key for ${provider.title}`}
            onClick={() => setRemoves(true)}
          >
            Remove
          </button>
        </div>
      </div>
      <div role="status" className="empty:hidden">
        {check.data !== undefined && !check.isPending && <Verdict {...check.data} />}
      </div>
      {check.error !== null && <ProblemNotice error={check.error} />}
      {removes && (
        <Confirm
          title={`Remove the key for ${provider.title}?`}
          action="Remove"
          onClose={() => setRemoves(false)}
          onConfirm={async () => {
            await client().removeProviderKey(held.provider);
            await keysChanged(queries);
          }}
        >
          Models that only this key unlocks can't be used any more. The key itself stays valid with the provider.
        </Confirm>
      )}
    </li>
  );
}

function Verdict({ valid, message, models }: { valid: boolean | null; message: string; models: number | null }) {
  const unlocks = models === null ? "" : ` It unlocks ${count(models)} ${models === 1 ? "model" : "models"}.`;
  const [Icon, colour] =
    valid === true
      ? [CircleCheck, "text-good"]
      : valid === false
        ? [CircleAlert, "text-bad"]
        : [CircleHelp, "text-note"];
  return (
    <p className={`flex items-start gap-2 text-sm ${colour}`}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        {message}
        {unlocks}
      </span>
    </p>
  );
}
