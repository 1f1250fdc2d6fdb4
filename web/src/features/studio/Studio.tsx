import type { Artifact } from "@pluggably/client";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { useHandover } from "../../common/handover";
import { useAttachments } from "../chat/AttachControls";
import { MOST_IMAGES } from "../chat/attachments";
import { modelList, usable } from "../models/api";
import { nameOf } from "./api";
import { useDraft } from "./draft";
import { Gallery } from "./Gallery";
import { StudioComposer } from "./StudioComposer";
import { useWorks, works } from "./useWorks";
import type { Modality } from "./works";

/** Images and meshes: what to make, and what was made. */
export function Studio() {
  const area = useRef<HTMLTextAreaElement>(null);
  const brought = useHandover("studio");
  const [draft, change] = useDraft(brought);
  const attachments = useAttachments(MOST_IMAGES, () => area.current?.focus(), brought?.images);
  const under = useWorks();
  const { data: models } = useQuery(modelList());
  const takesMeshes = models?.some((model) => usable(model) && model.capabilities.input_modalities?.includes("3d"));

  const attach = ({ id, url }: Pick<Artifact, "id" | "url">, name: string) =>
    attachments.add({ id, name, url: `artifact:${id}`, shown: url });
  const reuse = (artifact: Artifact) => {
    const { recipe } = artifact;
    if (!recipe) return;
    const modality: Modality = artifact.type === "mesh" ? "3d" : "image";
    const seed = recipe.seed === null || "seed" in recipe.parameters ? {} : { seed: recipe.seed };
    change({
      modality,
      prompt: recipe.prompt,
      models: { ...draft.models, [modality]: recipe.model },
      parameters: { ...draft.parameters, [modality]: { ...recipe.parameters, ...seed } },
    });
    attachments.clear();
    for (const image of recipe.images) attachments.add({ id: image, name: "Image", url: image });
    area.current?.focus();
  };
  const goOnFrom = (artifact: Artifact) => {
    attach(artifact, nameOf(artifact));
    area.current?.focus();
  };

  return (
    <div className="grid items-start gap-6 lg:grid-cols-[21rem_minmax(0,1fr)]">
      <div className="lg:sticky lg:top-4 lg:-m-1 lg:max-h-[calc(100dvh-2rem)] lg:overflow-y-auto lg:p-1">
        <StudioComposer
          area={area}
          draft={draft}
          onDraft={change}
          attachments={attachments}
          onOrder={(order) => void works.start(order)}
        />
      </div>
      <Gallery under={under} onReuse={reuse} onUseAsInput={goOnFrom} takesMeshes={takesMeshes ?? false} />
    </div>
  );
}
