import { useTitle } from "../common/title";
import { Studio } from "../features/studio/Studio";

export function StudioPage() {
  useTitle("Studio");
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-7xl px-4 py-8">
        <h1 className="mb-5 text-2xl font-semibold">Studio</h1>
        <Studio />
      </div>
    </div>
  );
}
