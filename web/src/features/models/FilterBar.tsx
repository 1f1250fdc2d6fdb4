import { Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Select } from "../../common/Select";
import { STATES } from "./condition";
import { type Filters, isFiltered, MODALITIES, PLACES } from "./filters";

interface Props {
  filters: Filters;
  /** Who runs any of the models. */
  providers: readonly string[];
  onChange: (filters: Filters) => void;
}

/** Which models are shown. */
export function FilterBar({ filters, providers, onChange }: Props) {
  const [words, setWords] = useState(filters.q ?? "");
  const shown = filters.q ?? "";
  const [told, setTold] = useState(shown);
  if (shown !== told) {
    // The address has changed, by typing here or by going back.
    setTold(shown);
    if (shown !== words.trim()) setWords(shown);
  }
  useEffect(() => {
    if (words.trim() === shown) return;
    const timer = setTimeout(() => onChange(changed(filters, "q", words.trim())), 150);
    return () => clearTimeout(timer);
  }, [words, shown, filters, onChange]);
  const choose = (name: keyof Filters) => (value: string) => onChange(changed(filters, name, value));
  return (
    <search className="space-y-3" aria-label="Filter models">
      <div className="relative">
        <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-soft" />
        <input
          type="search"
          aria-label="Search models"
          placeholder="Search by name, provider, licence, description"
          className="field pl-9"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </div>
      <div className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
        <Choice label="Modality" every="All modalities" value={filters.modality} onChange={choose("modality")}>
          {Object.entries(MODALITIES)}
        </Choice>
        <Choice label="Where it runs" every="Anywhere" value={filters.where} onChange={choose("where")}>
          {Object.entries(PLACES)}
        </Choice>
        <Choice label="Provider" every="All providers" value={filters.provider} onChange={choose("provider")}>
          {providers.map((name) => [name, name === "local" ? "This gateway" : name])}
        </Choice>
        <Choice label="Status" every="Any status" value={filters.status} onChange={choose("status")}>
          {Object.entries(STATES)}
        </Choice>
        {isFiltered(filters) && (
          <button
            type="button"
            className="button-plain col-span-2 border-transparent bg-transparent px-3 text-soft"
            onClick={() => {
              setWords("");
              onChange({});
            }}
          >
            <X aria-hidden className="size-4" /> Clear
          </button>
        )}
      </div>
    </search>
  );
}

function Choice(props: {
  label: string;
  every: string;
  value: string | undefined;
  onChange: (value: string) => void;
  children: readonly (readonly [string, string])[];
}) {
  const { label, every, value, onChange, children } = props;
  return (
    <Select
      label={label}
      value={value ?? ""}
      onChange={onChange}
      options={[["", every], ...children]}
      marked={value !== undefined}
    />
  );
}

function changed(filters: Filters, name: keyof Filters, value: string): Filters {
  const { [name]: _, ...others } = filters;
  return value === "" ? others : { ...others, [name]: value };
}
