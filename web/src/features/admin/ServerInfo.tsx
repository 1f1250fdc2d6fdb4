import { queryOptions, useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleHelp, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { client, useConnection } from "../../common/connection";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { features } from "../account/api";
import { type Provider, providerList } from "../credentials/api";
import { formsOf } from "../credentials/forms";

function state() {
  return queryOptions({
    queryKey: ["server"],
    queryFn: async ({ signal }) => {
      const [version, ready] = await Promise.all([client().version({ signal }), client().ready({ signal })]);
      return { version, ready };
    },
    refetchInterval: 15_000,
  });
}

/** What runs here, and whether it is well. */
export function ServerInfo() {
  const server = useQuery(state());
  const about = useQuery(features(useConnection()));
  const providers = useQuery(providerList());
  return (
    <>
      <Card title="State" about="Asked anew every 15 seconds.">
        {server.data === undefined ? (
          <Waiting query={server} />
        ) : (
          <dl className="divide-y divide-line text-sm">
            <Fact name="Version">
              {server.data.version.version} (API {server.data.version.api_version})
            </Fact>
            <Fact name="Serving">
              <Health well={server.data.ready.status === "ready"}>
                {server.data.ready.status === "ready" ? "Ready" : "Not ready yet"}
              </Health>
            </Fact>
            {Object.entries(server.data.ready.checks).map(([name, check]) => (
              <Fact key={name} name={sentence(name)}>
                <Health well={check === "ok"}>{check === "ok" ? "In order" : check}</Health>
              </Fact>
            ))}
          </dl>
        )}
      </Card>
      <Card title="Features">
        {about.data === undefined ? (
          <Waiting query={about} />
        ) : (
          <dl className="divide-y divide-line text-sm">
            <Fact name="Access">{about.data.local_only ? "Local mode: this machine alone" : "By login or key"}</Fact>
            <Fact name="Makes">{about.data.modalities.map((each) => (each === "3d" ? "3D" : each)).join(", ")}</Fact>
            {Object.entries(about.data.engines).map(([name, installed]) => (
              <Fact key={name} name={`Engine: ${name}`}>
                {installed ? <Health well>Installed</Health> : <span className="text-soft">Not installed</span>}
              </Fact>
            ))}
          </dl>
        )}
      </Card>
      <Card
        title="Providers"
        about="What the gateway has a key for, and the credit that is left where the provider tells."
      >
        {providers.data === undefined ? (
          <Waiting query={providers} />
        ) : (
          <dl className="divide-y divide-line text-sm">
            {providers.data.map((provider) => (
              <Fact key={provider.name} name={provider.title}>
                <ProviderState provider={provider} />
              </Fact>
            ))}
          </dl>
        )}
      </Card>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2.5">
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Health({ well, children }: { well: boolean; children: ReactNode }) {
  const Icon = well ? CircleCheck : CircleAlert;
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon aria-hidden className={`size-4 shrink-0 ${well ? "text-good" : "text-bad"}`} /> {children}
    </span>
  );
}

function ProviderState({ provider }: { provider: Provider }) {
  const { credits_status: credits } = provider;
  if (!provider.configured) {
    return (
      <span className="inline-flex items-center gap-1.5 text-soft">
        <KeyRound aria-hidden className="size-4 shrink-0" /> No key
      </span>
    );
  }
  if (formsOf(provider.credential_types).length === 0) return <Health well>Needs no key</Health>;
  if (credits === null || credits.status === "unknown") {
    return (
      <span className="inline-flex items-center gap-1.5">
        <CircleHelp aria-hidden className="size-4 shrink-0 text-soft" /> Has a key
      </span>
    );
  }
  const left = credits.remaining === null ? "" : `: ${credits.remaining.toFixed(2)} ${credits.currency ?? ""} left`;
  return <Health well={credits.status === "available"}>{`${sentence(credits.status)}${left}`}</Health>;
}

function sentence(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
