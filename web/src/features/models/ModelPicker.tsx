import type { ModelInfo } from "@pluggably/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, ChevronDown, Lock, Search, Sparkles } from "lucide-react";
import { Popover } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useLayer } from "../../common/layer";
import { problemOf } from "../../common/problems";
import { prefetchParameters } from "../parameters/api";
import { AUTO, matching, modelList, usable } from "./api";

type Offer = ModelInfo | typeof AUTO;
type Modality = ModelInfo["modality"];

/** Models of the list whose parameters are asked for when it opens; those of others when the mark comes to them. */
const MOST_PREFETCHED = 8;

const MODALITIES = [
  { value: null, label: "All" },
  { value: "text", label: "Text" },
  { value: "image", label: "Image" },
  { value: "3d", label: "3D" },
] as const;

interface Props {
  value: string;
  onChange: (model: string) => void;
  /** Begin with the models of this modality; the others are a filter away. */
  modality?: Modality;
  /** Where the list comes up. */
  side?: "top" | "bottom";
}

/** Chooses who answers: a button with the choice on it, and a list that can be searched. */
export function ModelPicker({ value, onChange, modality, side = "top" }: Props) {
  const [open, setOpen] = useState(false);
  const layer = useLayer();
  const { data: models = [] } = useQuery(modelList());
  const chosen = models.find((model) => model.id === value);
  const name = value === AUTO ? "Auto" : (chosen?.name ?? value);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        aria-label={`Model: ${name}`}
        className="inline-flex h-9 max-w-[60vw] min-w-0 items-center gap-1.5 rounded-lg px-2.5 text-sm text-soft hover:bg-hover hover:text-ink sm:max-w-72"
      >
        {value === AUTO && <Sparkles aria-hidden className="size-4 shrink-0" />}
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0" />
      </Popover.Trigger>
      <Popover.Portal container={layer}>
        <Popover.Content
          align="start"
          side={side}
          sideOffset={8}
          collisionPadding={12}
          aria-label="Choose a model"
          className="z-50 flex max-h-[min(26rem,var(--radix-popover-content-available-height))] w-[min(22rem,calc(100vw-1.5rem))] flex-col rounded-2xl border border-line bg-raised shadow-xl"
        >
          <Choices
            value={value}
            first={modality ?? null}
            onChange={(model) => {
              onChange(model);
              setOpen(false);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Choices({ value, first, onChange }: { value: string; first: Modality | null; onChange: Props["onChange"] }) {
  const { data: models, error, isPending } = useQuery(modelList());
  const [search, setSearch] = useState("");
  const [modality, setModality] = useState<string | null>(first);
  const list = useId();
  const listbox = useRef<HTMLDivElement>(null);
  const found = useMemo(() => matching(models ?? [], search, modality), [models, search, modality]);
  const offered: readonly Offer[] = search === "" && modality === first ? [AUTO, ...found] : found;
  const [marked, setMarked] = useState(0);
  const queries = useQueryClient();
  useEffect(() => {
    // Whichever of these is chosen, its parameters are there already.
    for (const model of found.slice(0, MOST_PREFETCHED)) if (usable(model)) prefetchParameters(queries, model.id);
  }, [queries, found]);

  const attend = (place: number) => {
    setMarked(place);
    const offer = offered[place];
    if (offer !== undefined && offer !== AUTO && usable(offer)) prefetchParameters(queries, offer.id);
  };
  const mark = (place: number) => {
    const next = Math.max(0, Math.min(offered.length - 1, place));
    attend(next);
    listbox.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (offer: Offer | undefined) => {
    if (offer === AUTO) onChange(AUTO);
    else if (offer !== undefined && usable(offer)) onChange(offer.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") mark(marked + 1);
    else if (event.key === "ArrowUp") mark(marked - 1);
    else if (event.key === "Enter") choose(offered[marked]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <div className="space-y-2 border-b border-line p-2">
        <div className="relative">
          <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-soft" />
          <input
            type="text"
            role="combobox"
            aria-label="Search models"
            aria-expanded="true"
            aria-controls={list}
            aria-activedescendant={offered[marked] === undefined ? undefined : `${list}-${marked}`}
            placeholder="Search models"
            value={search}
            onChange={(event) => {
              setSearch(event.target.value);
              setMarked(0);
            }}
            onKeyDown={onKeyDown}
            className="field pl-9"
          />
        </div>
        <fieldset className="flex gap-1">
          <legend className="sr-only">What the model makes</legend>
          {MODALITIES.map(({ value: wanted, label }) => (
            <button
              key={label}
              type="button"
              aria-pressed={modality === wanted}
              onClick={() => {
                setModality(wanted);
                setMarked(0);
              }}
              className="h-7 rounded-full px-3 text-xs text-soft hover:bg-hover aria-pressed:bg-tint aria-pressed:font-medium aria-pressed:text-link"
            >
              {label}
            </button>
          ))}
        </fieldset>
      </div>
      {error !== null && models === undefined && <p className="p-4 text-sm text-bad">{problemOf(error).title}</p>}
      {isPending && <p className="p-4 text-sm text-soft">Asking for the models…</p>}
      <div ref={listbox} id={list} role="listbox" aria-label="Models" className="min-h-0 overflow-y-auto p-1">
        {offered.map((offer, place) => (
          <Choice
            key={offer === AUTO ? AUTO : offer.id}
            id={`${list}-${place}`}
            offer={offer}
            chosen={(offer === AUTO ? AUTO : offer.id) === value}
            marked={place === marked}
            onMark={() => attend(place)}
            onChoose={() => choose(offer)}
          />
        ))}
      </div>
      {models !== undefined && offered.length === 0 && (
        <p className="px-4 pb-4 text-sm text-soft">No model matches. Try another word or “All”.</p>
      )}
    </>
  );
}

function Choice(props: {
  id: string;
  offer: Offer;
  chosen: boolean;
  marked: boolean;
  onMark: () => void;
  onChoose: () => void;
}) {
  const { id, offer, chosen, marked, onMark, onChoose } = props;
  const can = offer === AUTO || usable(offer);
  const detail = offer === AUTO ? "Finds a model for each message" : detailOf(offer);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field above has the keys, as comboboxes do
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      aria-disabled={!can}
      onMouseMove={onMark}
      onClick={onChoose}
      className={`flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 ${marked ? "bg-hover" : ""}`}
    >
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-1.5 text-sm font-medium">
          {offer === AUTO && <Sparkles aria-hidden className="size-3.5 text-link" />}
          <span className="truncate">{offer === AUTO ? "Auto" : offer.name}</span>
        </div>
        <div className="truncate text-xs text-soft">{detail}</div>
      </div>
      {!can && <Lock aria-hidden className="size-4 shrink-0 text-soft" />}
      {chosen && <Check aria-hidden className="size-4 shrink-0 text-link" />}
    </div>
  );
}

function detailOf(model: ModelInfo): string {
  const parts = [model.provider === "local" ? "On this gateway" : model.provider];
  if (model.modality !== "text") parts.push(model.modality === "3d" ? "3D" : "Images");
  if (model.availability.access === "locked") parts.push("needs a key");
  else if (model.status === "downloading") parts.push("is being downloaded");
  else if (model.status === "failed") parts.push("failed");
  else if (model.status === "disabled") parts.push("switched off");
  else if (model.runtime_status === "loaded" || model.runtime_status === "busy") parts.push("ready");
  return parts.join(" · ");
}
