import { useQuery } from "@tanstack/react-query";
import { HardDrive, ShieldAlert } from "lucide-react";
import { Tabs } from "radix-ui";
import { useState } from "react";
import { bytes } from "../../common/format";
import { useIsAdmin } from "../account/api";
import { jobList, storage, useFollowed } from "./api";
import { DownloadRow } from "./DownloadRow";
import { HubSearch } from "./HubSearch";
import { OtherSource } from "./OtherSource";
import { roomIn } from "./offers";
import { type Search, SOURCES, type SourceKind } from "./search";

const RECENT = 5;

/** Brings models here: from the hub, an address, a package or a folder. */
export function AddModel({ search, onChange }: { search: Search; onChange: (search: Search) => void }) {
  const admin = useIsAdmin();
  const [started, setStarted] = useState<string | null>(null);
  useFollowed(started);
  const from = search.from ?? "hub";
  if (!admin) {
    return (
      <p className="flex gap-3 rounded-2xl border border-line bg-raised p-5 text-sm">
        <ShieldAlert aria-hidden className="size-5 shrink-0 text-note" />
        Only administrators can bring models here. Ask one of them, or add a provider's key in your settings.
      </p>
    );
  }
  return (
    <div className="space-y-8">
      <Downloads />
      <Tabs.Root
        value={from}
        onValueChange={(value) => onChange({ ...(value === "hub" ? {} : { from: value as SourceKind }) })}
      >
        <div className="mb-5 flex flex-col-reverse justify-between gap-x-4 border-b border-line sm:flex-row sm:items-center">
          <Tabs.List aria-label="Where the model comes from" className="-mb-px flex min-w-0 overflow-x-auto">
            {Object.entries(SOURCES).map(([value, label]) => (
              <Tabs.Trigger
                key={value}
                value={value}
                className="h-11 shrink-0 border-b-2 border-transparent px-3 text-sm text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-link"
              >
                {label}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          <Room />
        </div>
        <Tabs.Content value="hub" className="outline-none">
          <HubSearch search={search} onChange={onChange} onStarted={setStarted} />
        </Tabs.Content>
        {(["url", "pypi", "local"] as const).map((kind) => (
          <Tabs.Content key={kind} value={kind} className="outline-none">
            <OtherSource kind={kind} onStarted={setStarted} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </div>
  );
}

/** What there is room for. */
function Room() {
  const { data } = useQuery(storage());
  if (data === undefined) return null;
  return (
    <p className="flex items-center gap-2 pb-2 text-sm whitespace-nowrap text-soft">
      <HardDrive aria-hidden className="size-4" /> {bytes(roomIn(data))} free for models
    </p>
  );
}

/** Downloads under way, and the last ones that have ended. */
function Downloads() {
  const { data: jobs = [] } = useQuery(jobList());
  const downloads = jobs.filter(({ kind }) => kind === "download").slice(0, RECENT);
  if (downloads.length === 0) return null;
  return (
    <section aria-labelledby="downloads">
      <h2 id="downloads" className="mb-3 font-semibold">
        Downloads
      </h2>
      <ul className="divide-y divide-line rounded-2xl border border-line bg-raised">
        {downloads.map((job) => (
          <DownloadRow key={job.job_id} job={job} admin />
        ))}
      </ul>
    </section>
  );
}
