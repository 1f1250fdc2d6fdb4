import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronDown, Download, Heart, KeyRound, Search as SearchIcon } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { bytes, day } from "../../common/format";
import { ProblemNotice } from "../../common/Notice";
import { Select } from "../../common/Select";
import { type FoundModel, hubSearch } from "./api";
import { HubFiles } from "./HubFiles";
import type { Search } from "./search";

const COMPACT = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const HINTS: Record<string, string> = { text: "Text", image: "Image", "3d": "3D" };

interface Props {
  search: Search;
  onChange: (search: Search) => void;
  onStarted: (jobId: string) => void;
}

/** Finds models on the hub. */
export function HubSearch({ search, onChange, onStarted }: Props) {
  const [words, setWords] = useState(search.q ?? "");
  const found = useInfiniteQuery(hubSearch(search.q ?? "", search.modality));
  const models = found.data?.pages.flatMap(({ results }) => results) ?? [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { q: _, ...others } = search;
    onChange(words.trim() === "" ? others : { ...others, q: words.trim() });
  };
  return (
    <div className="space-y-4">
      <form onSubmit={submit} className="flex flex-wrap gap-2">
        <div className="relative min-w-0 flex-1 basis-64">
          <SearchIcon aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-soft" />
          <input
            type="search"
            aria-label="Search Hugging Face"
            placeholder="smollm2 gguf, stable diffusion, …"
            className="field pl-9"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
        <div className="flex flex-1 gap-2 sm:flex-none">
          <div className="min-w-0 flex-1">
            <Select
              label="What the model makes"
              value={search.modality ?? ""}
              marked={search.modality !== undefined}
              options={[["", "All modalities"], ...Object.entries(HINTS)]}
              onChange={(chosen) => {
                const { modality: _, ...others } = search;
                onChange(chosen === "" ? others : { ...others, modality: chosen as "text" | "image" | "3d" });
              }}
            />
          </div>
          <button type="submit" className="button-primary">
            Search
          </button>
        </div>
      </form>
      <p role="status" className="text-sm text-soft">
        {found.isFetching && !found.isFetchingNextPage && "Asking the hub…"}
        {!found.isFetching && found.data !== undefined && told(models.length, found.hasNextPage)}
      </p>
      {found.error !== null && (
        <ProblemNotice error={found.error}>
          <button type="button" className="button-plain h-9 px-3" onClick={() => void found.refetch()}>
            Try again
          </button>
        </ProblemNotice>
      )}
      {models.length > 0 && (
        <ul aria-label="Found models" className="divide-y divide-line rounded-2xl border border-line bg-raised">
          {models.map((model) => (
            <Found key={model.id} model={model} onStarted={onStarted} />
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <div className="flex justify-center">
          <button
            type="button"
            className="button-plain"
            disabled={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {found.isFetchingNextPage ? "Asking…" : "Show more"}
          </button>
        </div>
      )}
    </div>
  );
}

function told(count: number, more: boolean): string {
  if (count === 0) return "The hub has no model of that name. Try fewer or other words, or another modality.";
  return more
    ? `The first ${count} models, most downloaded first`
    : `${count === 1 ? "One model" : `${count} models`}`;
}

function Found({ model, onStarted }: { model: FoundModel; onStarted: (jobId: string) => void }) {
  const [open, setOpen] = useState(false);
  const files = useId();
  const owner = model.id.includes("/") ? model.id.slice(0, model.id.lastIndexOf("/")) : "";
  return (
    <li data-repo={model.id} className="p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-44">
          <h3 className="text-sm font-semibold break-words">{model.name}</h3>
          <p className="text-xs break-words text-soft">
            {[
              owner,
              model.size_bytes === null ? null : bytes(model.size_bytes),
              model.licence === null ? "licence not told" : model.licence,
              model.last_modified === null ? null : day(model.last_modified),
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
            {model.modality_hints.map((hint) => (
              <span key={hint} className="rounded-md bg-pane px-2 py-0.5">
                {HINTS[hint] ?? hint}
              </span>
            ))}
            {model.gated && (
              <span className="inline-flex items-center gap-1 rounded-md bg-note-tint px-2 py-0.5 text-note">
                <KeyRound aria-hidden className="size-3" /> Gated
              </span>
            )}
            {model.downloads !== null && (
              <span className="inline-flex items-center gap-1">
                <Download aria-hidden className="size-3.5" /> {COMPACT.format(model.downloads)}
                <span className="sr-only">downloads</span>
              </span>
            )}
            {model.likes !== null && (
              <span className="inline-flex items-center gap-1">
                <Heart aria-hidden className="size-3.5" /> {COMPACT.format(model.likes)}
                <span className="sr-only">likes</span>
              </span>
            )}
          </p>
        </div>
        <button
          type="button"
          className="button-plain h-10 px-3 sm:h-9"
          aria-expanded={open}
          aria-controls={files}
          aria-label={`Choose a file of ${model.name}`}
          onClick={() => setOpen(!open)}
        >
          Choose <ChevronDown aria-hidden className={`size-4 transition-transform ${open ? "rotate-180" : ""}`} />
        </button>
      </div>
      <div id={files}>{open && <HubFiles model={model} onStarted={onStarted} />}</div>
    </li>
  );
}
