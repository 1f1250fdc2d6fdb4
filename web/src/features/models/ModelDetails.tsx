import type { Job, ModelInfo } from "@pluggably/client";
import { useQuery } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { type ReactNode, type RefObject, useState } from "react";
import { Dialog } from "../../common/Dialog";
import { ago, bytes, count, duration, shortTime } from "../../common/format";
import { modelStatus } from "./api";
import { conditionOf, isLocal } from "./condition";
import { abilitiesOf, priceOf } from "./facts";
import { MODALITIES } from "./filters";
import { Buttons, Problem } from "./ModelCard";
import { parametersOf } from "./parameters";
import { StatusBadge } from "./StatusBadge";
import { useActions } from "./useActions";

interface Props {
  model: ModelInfo;
  job: Job | undefined;
  admin: boolean;
  opener: RefObject<HTMLElement | null>;
  onClose: () => void;
}

/** Everything that is known of a model. */
export function ModelDetails({ model, job, admin, opener, onClose }: Props) {
  const actions = useActions(model);
  const condition = conditionOf(model, job);
  const abilities = abilitiesOf(model);
  return (
    <Dialog title={model.name} wide opener={opener} onClose={onClose}>
      <div className="space-y-5 text-sm">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <StatusBadge condition={condition} />
          <span className="min-w-0 break-words text-soft">{condition.detail}</span>
        </div>
        {model.description !== null && <p className="leading-relaxed">{model.description}</p>}
        {actions.problem !== null && <Problem actions={actions} />}
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3">
          <Fact name="Id" wide>
            <CopyableId id={model.id} />
          </Fact>
          <Fact name="Makes">{MODALITIES[model.modality]}</Fact>
          <Fact name="Runs">{isLocal(model) ? "On this gateway" : `At ${model.provider}`}</Fact>
          {model.version !== null && <Fact name="Quantisation">{model.version}</Fact>}
          {model.size_bytes !== null && <Fact name="Size">{bytes(model.size_bytes)}</Fact>}
          {model.capabilities.max_context_tokens != null && (
            <Fact name="Context">{count(model.capabilities.max_context_tokens)} tokens</Fact>
          )}
          {abilities.length > 0 && <Fact name="Abilities">{abilities.join(", ")}</Fact>}
          <Fact name="Licence">{model.licence ?? "Not told"}</Fact>
          <Fact name="Price">{isLocal(model) ? "Free: it runs here" : (priceOf(model) ?? "Not known")}</Fact>
          {model.source.uri != null && (
            <Fact name="Comes from">
              {model.source.uri}
              {model.source.revision != null && ` at ${model.source.revision.slice(0, 12)}`}
            </Fact>
          )}
          {model.last_used_at !== null && <Fact name="Last used">{ago(model.last_used_at)}</Fact>}
          {model.created_at !== null && <Fact name="Added">{shortTime(model.created_at)}</Fact>}
          {model.local_path !== null && (
            <Fact name="File" wide>
              <span className="font-mono text-xs break-all">{model.local_path}</span>
            </Fact>
          )}
        </dl>
        {isLocal(model) && <Runtime id={model.id} />}
        <Parameters schema={model.parameters} />
        {model.documentation !== null && (
          <details>
            <summary className="font-medium">Documentation</summary>
            <p className="mt-2 rounded-xl bg-pane p-4 text-xs leading-relaxed break-words whitespace-pre-wrap">
              {model.documentation}
            </p>
          </details>
        )}
      </div>
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <Buttons model={model} admin={admin} actions={actions} />
        <button type="button" className="button-primary h-10 sm:h-9" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={`min-w-0 ${wide ? "col-span-2" : ""}`}>
      <dt className="text-xs text-soft">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}

function CopyableId({ id }: { id: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(id);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // The browser does not allow it; the id can be marked by hand.
    }
  };
  return (
    <span className="flex items-center gap-1">
      <code className="min-w-0 font-mono text-xs break-all">{id}</code>
      <button type="button" className="icon-button size-8" aria-label="Copy the id" onClick={() => void copy()}>
        {copied ? <Check aria-hidden className="size-4 text-good" /> : <Copy aria-hidden className="size-4" />}
      </button>
      <span role="status" className="text-xs text-soft">
        {copied ? "Copied" : ""}
      </span>
    </span>
  );
}

function Runtime({ id }: { id: string }) {
  const { data } = useQuery(modelStatus(id));
  if (data === undefined) return null;
  const inMemory = data.memory_bytes !== null || data.loaded_at !== null;
  if (!inMemory && data.last_error === null) return null;
  const left = data.until === null ? null : (new Date(data.until).getTime() - Date.now()) / 1000;
  return (
    <section aria-label="In memory" className="rounded-xl bg-pane p-4">
      <h3 className="mb-2 font-medium">In memory</h3>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3">
        {data.memory_bytes !== null && <Fact name="Takes">{bytes(data.memory_bytes)}</Fact>}
        {data.device !== null && <Fact name="Computes on">{data.device.toUpperCase()}</Fact>}
        {data.loaded_at !== null && <Fact name="Loaded">{ago(data.loaded_at)}</Fact>}
        {inMemory && (
          <Fact name="Leaves">
            {data.pinned ? "Never: it is pinned" : left === null ? "Not while in use" : `In ${duration(left)}`}
          </Fact>
        )}
        {data.queue_depth > 0 && <Fact name="Waiting requests">{data.queue_depth}</Fact>}
        {data.last_error !== null && (
          <Fact name="Last failure" wide>
            <span className="text-bad">{data.last_error}</span>
          </Fact>
        )}
      </dl>
    </section>
  );
}

function Parameters({ schema }: { schema: Record<string, unknown> }) {
  const parameters = parametersOf(schema);
  if (parameters.length === 0) return null;
  return (
    <details>
      <summary className="font-medium">Parameters ({parameters.length})</summary>
      <ul aria-label="Parameters" className="mt-2 divide-y divide-line rounded-xl border border-line">
        {parameters.map(({ name, kind, description }) => (
          <li key={name} className="px-4 py-2.5">
            <div className="flex flex-wrap items-baseline gap-x-2">
              <code className="font-mono text-xs font-semibold">{name}</code>
              <span className="text-xs text-soft">{kind}</span>
            </div>
            {description !== "" && <p className="text-xs text-soft">{description}</p>}
          </li>
        ))}
      </ul>
    </details>
  );
}
