import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useTitle } from "../common/title";
import { type Filters, filtersIn } from "../features/models/filters";
import { ModelShelf } from "../features/models/ModelShelf";

export function ModelsPage() {
  useTitle("Models");
  const navigate = useNavigate();
  const given = JSON.stringify(filtersIn(useSearch({ strict: false })));
  const filters = useMemo(() => JSON.parse(given) as Filters, [given]);
  const onChange = useCallback(
    (search: Filters) => {
      const opens = search.model !== undefined && filters.model === undefined;
      void navigate({ to: "/models", search, replace: !opens });
    },
    [navigate, filters],
  );
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-6xl px-4 py-8">
        <ModelShelf filters={filters} onChange={onChange} />
      </div>
    </div>
  );
}
