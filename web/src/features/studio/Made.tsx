import type { Artifact } from "@pluggably/client";
import { Box } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { nameOf } from "./api";
import { Picture } from "./Picture";

const Lightbox = lazy(() => import("./Lightbox"));

/** What an answer brought: pictures, and meshes with what they look like; each opens in front of everything else. */
export function Made({ artifacts }: { artifacts: readonly Artifact[] }) {
  const [open, setOpen] = useState<number | null>(null);
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {artifacts.map((artifact, place) => (
          <button
            key={artifact.id}
            type="button"
            aria-label={`${artifact.type === "mesh" ? "Open 3D" : "Open"}: ${nameOf(artifact)}`}
            onClick={() => setOpen(place)}
            className={`relative overflow-hidden rounded-2xl border border-line bg-pane ${artifact.type === "mesh" ? "size-72 max-w-full" : "max-w-full"}`}
          >
            <Picture
              artifact={artifact}
              className={artifact.type === "mesh" ? "size-full object-cover" : "max-h-[32rem] max-w-full"}
            />
            {artifact.type === "mesh" && (
              <span
                aria-hidden
                className="absolute top-2 left-2 flex items-center gap-1 rounded-lg bg-raised/90 px-2 py-1 text-xs font-medium shadow-sm"
              >
                <Box className="size-3.5" /> 3D
              </span>
            )}
          </button>
        ))}
      </div>
      {open !== null && (
        <Suspense>
          <Lightbox artifacts={artifacts} place={open} onPlace={setOpen} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </>
  );
}
