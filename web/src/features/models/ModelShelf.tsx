import type { Job, ModelInfo } from "@pluggably/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Boxes, Plus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ProblemNotice } from "../../common/Notice";
import { useIsAdmin } from "../account/api";
import { jobList } from "../downloads/api";
import { useLiveModels } from "./api";
import { conditionOf, STATES } from "./condition";
import { FilterBar } from "./FilterBar";
import { type Filters, isFiltered, passing } from "./filters";
import { ModelCard } from "./ModelCard";
import { ModelDetails } from "./ModelDetails";

const SHOWN = 48;

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

/** The models there are, and what can be done with them. */
export function ModelShelf({ filters, onChange }: Props) {
  const { models, error, again } = useLiveModels();
  const { data: jobs } = useQuery(jobList());
  const admin = useIsAdmin();
  const [most, setMost] = useState(SHOWN);
  const shelf = useRef<HTMLUListElement>(null);
  const jobOf = useMemo(() => {
    const byId = new Map((jobs ?? []).map((job) => [job.job_id, job]));
    return (model: ModelInfo): Job | undefined => (model.job_id == null ? undefined : byId.get(model.job_id));
  }, [jobs]);
  const found = useMemo(() => passing(models ?? [], filters), [models, filters]);
  const providers = useMemo(() => [...new Set((models ?? []).map(({ provider }) => provider))].sort(), [models]);
  const open = models?.find(({ id }) => id === filters.model);
  const onDetails = useCallback((id: string) => onChange({ ...filters, model: id }), [filters, onChange]);
  const close = () => {
    const { model: _, ...others } = filters;
    onChange(others);
  };
  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <h1 className="text-2xl font-semibold">Models</h1>
          <p role="status" className="mt-1 text-sm text-soft">
            {models === undefined ? "Asking for the models…" : counted(found.length, models.length)}
          </p>
        </div>
        {admin && (
          <Link to="/models/add" className="button-primary">
            <Plus aria-hidden className="size-4" /> Add a model
          </Link>
        )}
      </div>
      <FilterBar filters={filters} providers={providers} onChange={onChange} />
      <Changes models={models ?? []} />
      {error !== null && (
        <ProblemNotice error={error}>
          <button type="button" className="button-plain h-8 px-3" onClick={() => void again()}>
            Try again
          </button>
        </ProblemNotice>
      )}
      {models === undefined && error === null && <Placeholders />}
      {models !== undefined && found.length === 0 && (
        <Nothing filtered={isFiltered(filters)} admin={admin} onClear={() => onChange({})} />
      )}
      {found.length > 0 && (
        <ul ref={shelf} aria-label="Models" className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          {found.slice(0, most).map((model) => (
            <ModelCard key={model.id} model={model} job={jobOf(model)} admin={admin} onDetails={onDetails} />
          ))}
        </ul>
      )}
      {found.length > most && (
        <div className="flex justify-center">
          <button type="button" className="button-plain" onClick={() => setMost(most + SHOWN)}>
            Show {Math.min(SHOWN, found.length - most)} more
          </button>
        </div>
      )}
      {open !== undefined && (
        <ModelDetails model={open} job={jobOf(open)} admin={admin} opener={shelf} onClose={close} />
      )}
    </div>
  );
}

function counted(shown: number, all: number): string {
  if (shown === all) return all === 1 ? "One model" : `${all} models`;
  return `${shown} of ${all} models`;
}

/** Tells those who don't see it what has changed by itself. */
function Changes({ models }: { models: readonly ModelInfo[] }) {
  const before = useRef(new Map<string, string>());
  const [told, setTold] = useState("");
  useEffect(() => {
    const now = new Map(models.map((model) => [model.id, conditionOf(model).state]));
    const news = models
      .filter(({ id }) => before.current.has(id) && before.current.get(id) !== now.get(id))
      .map((model) => `${model.name}: ${STATES[conditionOf(model).state]}`);
    before.current = now;
    if (news.length > 0) setTold(news.join(". "));
  }, [models]);
  return (
    <p role="status" className="sr-only">
      {told}
    </p>
  );
}

function Placeholders() {
  return (
    <div aria-hidden className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
      {["a", "b", "c", "d"].map((key) => (
        <div key={key} className="pulse-dot h-48 rounded-2xl border border-line bg-raised" />
      ))}
    </div>
  );
}

function Nothing({ filtered, admin, onClear }: { filtered: boolean; admin: boolean; onClear: () => void }) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-2xl border border-dashed border-line px-6 py-14 text-center">
      <Boxes aria-hidden className="size-8 text-soft" />
      <p className="font-medium">{filtered ? "No model passes these filters." : "There are no models yet."}</p>
      {filtered ? (
        <button type="button" className="button-plain" onClick={onClear}>
          Clear the filters
        </button>
      ) : (
        <p className="max-w-md text-sm text-soft">
          {admin
            ? "Add one from Hugging Face, from an address or from a folder, or add a provider's key in the settings."
            : "An administrator can add some; with a provider's key in your settings you have its models at once."}
        </p>
      )}
    </div>
  );
}
