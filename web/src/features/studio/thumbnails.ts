/** Pictures of meshes that came without one: drawn here, one after the other, and kept while the page is open. */

import type { Artifact } from "@pluggably/client";
import { client } from "../../common/connection";
import { endingOf } from "./api";

const PIXELS = 384;
/** A larger mesh is drawn when it is opened, not before. */
const MAX_BYTES = 30_000_000;
const drawn = new Map<string, Promise<string | null>>();
let last: Promise<unknown> = Promise.resolve();

/** The address of a picture of a mesh; null where it can't be drawn. */
export function thumbnailOf(artifact: Artifact): Promise<string | null> {
  const known = drawn.get(artifact.id);
  if (known !== undefined) return known;
  const picture = last.then(() => draw(artifact)).catch(() => null);
  last = picture;
  drawn.set(artifact.id, picture);
  return picture;
}

async function draw(artifact: Artifact): Promise<string | null> {
  if (artifact.size_bytes > MAX_BYTES) return null;
  const format = endingOf(artifact) === "glb" ? {} : { format: "glb" as const };
  const [{ pictureOf }, file] = await Promise.all([import("./meshScene"), client().getArtifact(artifact, format)]);
  return URL.createObjectURL(await pictureOf(file, PIXELS, "light"));
}
