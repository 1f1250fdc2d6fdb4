import type { Artifact } from "@pluggably/client";
import { Box, ImageOff } from "lucide-react";
import { useEffect, useState } from "react";
import { nameOf } from "./api";
import { thumbnailOf } from "./thumbnails";
import { usePicture } from "./usePicture";

interface Props {
  artifact: Artifact;
  className: string;
}

/** What an artifact looks like: an image itself, a picture of a mesh. */
export function Picture({ artifact, className }: Props) {
  if (artifact.type === "image") return <Shown of={artifact} name={nameOf(artifact)} className={className} />;
  if (artifact.preview_url) {
    const preview = { id: idIn(artifact.preview_url), url: artifact.preview_url };
    return <Shown of={preview} name={nameOf(artifact)} className={className} />;
  }
  return <Drawn artifact={artifact} className={className} />;
}

function Shown({ of, name, className }: { of: Pick<Artifact, "id" | "url">; name: string; className: string }) {
  const { src, failed, onError } = usePicture(of);
  if (failed) return <Missing Icon={ImageOff} name={name} />;
  if (src === undefined) return null;
  return <img src={src} alt={name} loading="lazy" decoding="async" onError={onError} className={className} />;
}

function Drawn({ artifact, className }: Props) {
  const [src, setSrc] = useState<string | null | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    void thumbnailOf(artifact).then((picture) => wanted && setSrc(picture));
    return () => {
      wanted = false;
    };
  }, [artifact]);
  if (src === undefined) return null;
  if (src === null) return <Missing Icon={Box} name={nameOf(artifact)} />;
  return <img src={src} alt={nameOf(artifact)} className={className} />;
}

function Missing({ Icon, name }: { Icon: typeof Box; name: string }) {
  return (
    <span role="img" aria-label={name} className="flex size-full items-center justify-center text-soft">
      <Icon aria-hidden className="size-8" />
    </span>
  );
}

/** The id in an artifact's address. */
function idIn(address: string): string {
  return /\/v1\/artifacts\/([^/?]+)/.exec(address)?.[1] ?? "";
}
