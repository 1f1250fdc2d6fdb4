import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTitle } from "../common/title";
import { AddModel } from "../features/downloads/AddModel";
import { type Search, searchIn } from "../features/downloads/search";

export function AddModelPage() {
  useTitle("Add a model");
  const navigate = useNavigate();
  const given = JSON.stringify(searchIn(useSearch({ strict: false })));
  const search = useMemo(() => JSON.parse(given) as Search, [given]);
  const onChange = useCallback(
    (next: Search) => void navigate({ to: "/models/add", search: next, replace: true }),
    [navigate],
  );
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-4xl px-4 py-8">
        <Link to="/models" className="mb-3 inline-flex h-10 items-center gap-1.5 text-sm text-link hover:underline">
          <ArrowLeft aria-hidden className="size-4" /> Models
        </Link>
        <h1 className="mb-6 text-2xl font-semibold">Add a model</h1>
        <AddModel search={search} onChange={onChange} />
      </div>
    </div>
  );
}
