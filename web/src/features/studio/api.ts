/** The caller's images and meshes: what is asked of the gateway, and what is kept of its answers. */

import type { Artifact } from "@pluggably/client";
import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { client } from "../../common/connection";
import { saveFile } from "../../common/files";

export type Kind = Artifact["type"];
export type MeshFormat = (typeof MESH_FORMATS)[number];

/** What a mesh may be saved as. */
export const MESH_FORMATS = ["glb", "obj", "stl", "ply"] as const;

const PAGE = 24;
/** An address that is good for so long yet need not be replaced. */
const SPARE_MS = 5 * 60_000;

/** One's own artifacts, newest first; of one kind or of both. */
export function gallery(kind: Kind | null) {
  return infiniteQueryOptions({
    queryKey: ["artifacts", kind],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(kind === null ? {} : { type: kind }), ...pageParam };
      const page = await client().listArtifacts(query, { signal });
      return { artifacts: page.artifacts.map(lasting), next: page.next_cursor };
    },
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next === null ? undefined : { cursor: next }),
    staleTime: 30_000,
  });
}

/** Ask anew for what is in the gallery. */
export async function galleryChanged(queries: QueryClient): Promise<void> {
  await queries.cancelQueries({ queryKey: ["artifacts"] }); // what was asked before the change tells nothing of it
  await queries.invalidateQueries({ queryKey: ["artifacts"] });
}

const addresses = new Map<string, Artifact>();

/** Every answer signs addresses anew; with those that came first, the browser need not fetch a picture again. */
function lasting(artifact: Artifact): Artifact {
  const before = addresses.get(artifact.id);
  if (before !== undefined && Date.parse(before.expires_at) - Date.now() > SPARE_MS) return before;
  addresses.set(artifact.id, artifact);
  return artifact;
}

/** Delete an artifact for good; `onErased` is told before the gallery is asked for anew. */
export async function erase(queries: QueryClient, artifact: Artifact, onErased: () => void): Promise<void> {
  await client().deleteArtifact(artifact);
  addresses.delete(artifact.id);
  onErased();
  await galleryChanged(queries);
}

const ENDINGS: Record<string, string> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "model/gltf-binary": "glb",
  "model/obj": "obj",
  "model/stl": "stl",
  "model/ply": "ply",
};

/** How the file of an artifact ends. */
export function endingOf({ media_type: type }: Artifact): string {
  return ENDINGS[type] ?? "bin";
}

/** Offer an artifact's file for saving, as it is or as a mesh of another format; its name is what the gateway calls it. */
export async function download(artifact: Artifact, format?: MeshFormat): Promise<void> {
  const file = await client().getArtifact(artifact, format === undefined ? {} : { format });
  saveFile(file, `${artifact.id}.${format ?? endingOf(artifact)}`);
}

/** What a picture or a mesh is called where it can't be seen. */
export function nameOf(artifact: Artifact): string {
  return artifact.recipe?.prompt || (artifact.type === "mesh" ? "Mesh" : "Image");
}
