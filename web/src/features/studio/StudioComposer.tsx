import { useQuery } from "@tanstack/react-query";
import { Box, Image, SlidersHorizontal, Sparkles } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { Hint } from "../../common/Notice";
import { AttachButton, AttachedImages, type Attachments } from "../chat/AttachControls";
import { useFollow } from "../layouts/useLayout";
import { AUTO, modelList } from "../models/api";
import { ModelPicker } from "../models/ModelPicker";
import { ParameterPanel } from "../parameters/ParameterPanel";
import type { Draft } from "./draft";
import type { Order } from "./works";

const WIDE = matchMedia("(width >= 64rem)");
const COARSE = matchMedia("(pointer: coarse)");

const MAKES = [
  { modality: "image", label: "Image", Icon: Image },
  { modality: "3d", label: "3D", Icon: Box },
] as const;

const EXAMPLES = {
  image: "A lighthouse on a rock, at sunset",
  "3d": "A small wooden boat with a red sail",
} as const;

interface Props {
  area: RefObject<HTMLTextAreaElement | null>;
  draft: Draft;
  onDraft: (change: Partial<Draft>) => void;
  attachments: Attachments;
  onOrder: (order: Order) => void;
}

/** Where it is said what to make: the prompt, images to go on from, who makes it, and how. */
export function StudioComposer({ area, draft, onDraft, attachments, onOrder }: Props) {
  const { prompt, modality } = draft;
  const model = draft.models[modality];
  const parameters = draft.parameters[modality];
  const follow = useFollow();
  const [valid, setValid] = useState(true);
  const [opens, setOpens] = useState(WIDE.matches);
  const { data: models } = useQuery(modelList());
  const chosen = models?.find(({ id }) => id === model);
  const ready = valid && (prompt.trim() !== "" || attachments.images.length > 0);
  const takesNone = chosen !== undefined && chosen.capabilities.input_modalities?.includes("image") !== true;
  const missing = models !== undefined && !models.some((found) => found.modality === modality);

  // A model that has gone from the catalog leaves the choice to the gateway.
  const gone = models !== undefined && model !== AUTO && chosen === undefined;
  useEffect(() => {
    if (gone) onDraft({ models: { ...draft.models, [modality]: AUTO } });
  }, [gone, onDraft, draft.models, modality]);

  const choose = (next: string) => {
    const found = models?.find(({ id }) => id === next);
    if (found !== undefined && follow(found, prompt, attachments.images)) return;
    const makes = found === undefined ? modality : found.modality;
    if (makes !== "text") onDraft({ modality: makes, models: { ...draft.models, [makes]: next } });
  };
  const order = (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready) return;
    onOrder({ modality, model, prompt, parameters, images: attachments.images.map(({ url }) => url) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || event.shiftKey) return;
    if (!COARSE.matches || event.ctrlKey || event.metaKey) order(event);
  };

  return (
    <div className="space-y-3">
      <form
        aria-label="What to make"
        onSubmit={order}
        {...attachments.drop}
        className={`rounded-2xl border bg-raised shadow-sm transition-colors focus-within:border-accent ${attachments.dragging ? "border-accent bg-tint" : "border-line"}`}
      >
        <fieldset className="grid grid-cols-2 gap-1 border-b border-line p-1.5">
          <legend className="sr-only">What to make</legend>
          {MAKES.map(({ modality: makes, label, Icon }) => (
            <label
              key={makes}
              className="flex h-10 cursor-pointer items-center justify-center gap-2 rounded-xl text-sm text-soft hover:text-ink has-checked:bg-tint has-checked:font-medium has-checked:text-link has-focus-visible:outline-2 has-focus-visible:outline-accent"
            >
              <input
                type="radio"
                name="modality"
                value={makes}
                checked={modality === makes}
                onChange={() => onDraft({ modality: makes })}
                className="sr-only"
              />
              <Icon aria-hidden className="size-4" /> {label}
            </label>
          ))}
        </fieldset>
        <AttachedImages attachments={attachments} />
        <textarea
          ref={area}
          rows={4}
          aria-label="Prompt"
          placeholder={attachments.dragging ? "Drop the image here" : EXAMPLES[modality]}
          value={prompt}
          onChange={(event) => onDraft({ prompt: event.target.value })}
          onKeyDown={onKeyDown}
          onPaste={attachments.onPaste}
          className="block min-h-24 w-full resize-y bg-transparent px-4 pt-3.5 pb-1 text-base outline-none placeholder:text-soft"
        />
        <div className="flex items-center gap-1 p-2">
          <AttachButton attachments={attachments} side="bottom" />
          <ModelPicker value={model} modality={modality} side="bottom" onChange={choose} />
        </div>
        {takesNone && attachments.images.length > 0 && (
          <div className="px-3 pb-3">
            <Hint>{chosen.name} takes no images: remove them, or choose another model.</Hint>
          </div>
        )}
        {missing && (
          <div className="px-3 pb-3">
            <Hint>
              No model here makes {modality === "3d" ? "meshes" : "images"} yet. An administrator can add one, or a
              provider’s key.
            </Hint>
          </div>
        )}
        <div className="p-2 pt-0">
          <button type="submit" className="button-primary w-full" disabled={!ready}>
            <Sparkles aria-hidden className="size-4" /> Generate
          </button>
        </div>
      </form>
      <details
        className="rounded-2xl border border-line bg-raised"
        open={opens}
        onToggle={(event) => setOpens(event.currentTarget.open)}
      >
        <summary className="flex min-h-11 items-center gap-2 rounded-2xl px-4 text-sm font-medium">
          <SlidersHorizontal aria-hidden className="size-4 text-soft" /> Parameters
        </summary>
        <div className="border-t border-line p-4">
          <ParameterPanel
            model={model}
            modality={modality}
            value={parameters}
            onChange={(value) => onDraft({ parameters: { ...draft.parameters, [modality]: value } })}
            onValid={setValid}
          />
        </div>
      </details>
    </div>
  );
}
