import { useEffect } from "react";
import { Studio } from "../features/studio/Studio";

export function StudioPage() {
  useEffect(() => {
    document.title = "Studio · Pluggably";
    return () => {
      document.title = "Pluggably";
    };
  }, []);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-7xl px-4 py-8">
        <h1 className="mb-5 text-2xl font-semibold">Studio</h1>
        <Studio />
      </div>
    </div>
  );
}
