import type { Artifact } from "@pluggably/client";
import { useQueryClient } from "@tanstack/react-query";
import { Check, ChevronLeft, ChevronRight, Copy, Download, ImagePlus, RotateCcw, Trash2, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Dialog } from "../../common/Dialog";
import { bytes, count, shortTime, wholeTime } from "../../common/format";
import { ProblemNotice } from "../../common/Notice";
import { download, endingOf, erase, MESH_FORMATS, type MeshFormat, nameOf } from "./api";
import { MeshViewer } from "./MeshViewer";
import { Picture } from "./Picture";

interface Props {
  artifacts: readonly Artifact[];
  /** Which of them is shown. */
  place: number;
  onPlace: (place: number) => void;
  onClose: () => void;
  /** Take over what it was made with. */
  onReuse?: (artifact: Artifact) => void;
  onUseAsInput?: (artifact: Artifact) => void;
  /** Whether a mesh can be gone on from. */
  takesMeshes?: boolean;
  /** What is shown has been deleted. */
  onErased?: () => void;
}

/** One image or mesh in front of everything else, with what can be done with it. */
export default function Lightbox({ artifacts, place, onPlace, onClose, ...doings }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const artifact = artifacts[place];
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  const shown = artifact?.id;
  useEffect(() => {
    // What had the focus may have gone with the one before.
    if (shown !== undefined && dialog.current?.contains(document.activeElement) === false) dialog.current.focus();
  }, [shown]);
  if (artifact === undefined) return null;
  const close = () => dialog.current?.close();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "ArrowLeft" && place > 0) onPlace(place - 1);
    else if (event.key === "ArrowRight" && place < artifacts.length - 1) onPlace(place + 1);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      aria-label={nameOf(artifact)}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onClose={(event) => event.target === dialog.current && onClose()}
      className="m-0 h-dvh max-h-none w-screen max-w-none bg-page outline-none"
    >
      <div className="flex h-full flex-col overflow-y-auto lg:flex-row lg:overflow-hidden">
        <div className="relative flex h-[62dvh] shrink-0 items-center justify-center bg-pane lg:h-full lg:min-w-0 lg:flex-1">
          {artifact.type === "mesh" ? (
            <MeshViewer key={artifact.id} artifact={artifact} />
          ) : (
            <Picture
              key={artifact.id}
              artifact={artifact}
              className="max-h-full max-w-full object-contain select-none sm:p-4"
            />
          )}
          <Step label="Previous" side="left-2 sm:left-4" disabled={place === 0} onClick={() => onPlace(place - 1)}>
            <ChevronLeft aria-hidden className="size-5" />
          </Step>
          <Step
            label="Next"
            side="right-2 sm:right-4"
            disabled={place === artifacts.length - 1}
            onClick={() => onPlace(place + 1)}
          >
            <ChevronRight aria-hidden className="size-5" />
          </Step>
          <button
            type="button"
            aria-label="Close"
            title="Close"
            onClick={close}
            className="absolute top-3 right-3 inline-flex size-10 items-center justify-center rounded-full border border-line bg-raised shadow-sm hover:bg-hover"
          >
            <X aria-hidden className="size-5" />
          </button>
        </div>
        <About key={artifact.id} artifact={artifact} {...doings} />
      </div>
    </dialog>
  );
}

function Step(props: { label: string; side: string; disabled: boolean; onClick: () => void; children: ReactNode }) {
  const { label, side, disabled, onClick, children } = props;
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
      className={`absolute top-1/2 ${side} inline-flex size-10 -translate-y-1/2 items-center justify-center rounded-full border border-line bg-raised/90 shadow-sm hover:bg-hover disabled:hidden`}
    >
      {children}
    </button>
  );
}

type AboutProps = Pick<Props, "onReuse" | "onUseAsInput" | "takesMeshes" | "onErased"> & { artifact: Artifact };

function About({ artifact, onReuse, onUseAsInput, takesMeshes = false, onErased }: AboutProps) {
  const [erases, setErases] = useState(false);
  const { recipe } = artifact;
  const canBeInput = onUseAsInput !== undefined && (artifact.type === "image" || takesMeshes);
  return (
    <div className="flex flex-col gap-5 p-5 lg:h-full lg:w-88 lg:shrink-0 lg:overflow-y-auto lg:border-l lg:border-line">
      {recipe ? (
        <div className="space-y-1.5">
          <div className="flex items-center justify-between">
            <h2 className="text-xs font-medium text-soft">Prompt</h2>
            <CopyButton text={recipe.prompt} />
          </div>
          <p className="text-sm leading-relaxed break-words whitespace-pre-wrap">{recipe.prompt || "None"}</p>
        </div>
      ) : (
        <h2 className="font-semibold">{nameOf(artifact)}</h2>
      )}
      <Downloads artifact={artifact} />
      {(canBeInput || (recipe && onReuse !== undefined) || onErased !== undefined) && (
        <div className="grid gap-2">
          {recipe && onReuse !== undefined && (
            <button type="button" className="button-plain justify-start" onClick={() => onReuse(artifact)}>
              <RotateCcw aria-hidden className="size-4" /> Use these parameters again
            </button>
          )}
          {canBeInput && (
            <button type="button" className="button-plain justify-start" onClick={() => onUseAsInput(artifact)}>
              <ImagePlus aria-hidden className="size-4" /> Use as input
            </button>
          )}
          {onErased !== undefined && (
            <button type="button" className="button-plain justify-start text-bad" onClick={() => setErases(true)}>
              <Trash2 aria-hidden className="size-4" /> Delete
            </button>
          )}
        </div>
      )}
      <Facts artifact={artifact} />
      {erases && onErased !== undefined && (
        <EraseDialog artifact={artifact} onClose={() => setErases(false)} onErased={onErased} />
      )}
    </div>
  );
}

function Downloads({ artifact }: { artifact: Artifact }) {
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const save = async (format?: MeshFormat) => {
    setBusy(format ?? "file");
    setError(null);
    try {
      await download(artifact, format);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(null);
    }
  };
  return (
    <div className="space-y-2">
      {artifact.type === "image" ? (
        <button type="button" className="button-primary w-full" disabled={busy !== null} onClick={() => void save()}>
          <Download aria-hidden className="size-4" /> Download {endingOf(artifact).toUpperCase()}
          <span className="font-normal">{bytes(artifact.size_bytes)}</span>
        </button>
      ) : (
        <fieldset className="grid grid-cols-4 gap-2">
          <legend className="mb-1.5 text-xs font-medium text-soft">Download as</legend>
          {MESH_FORMATS.map((format) => (
            <button
              key={format}
              type="button"
              aria-label={`Download ${format.toUpperCase()}`}
              className={`${format === endingOf(artifact) ? "button-primary" : "button-plain"} px-0`}
              disabled={busy !== null}
              onClick={() => void save(format)}
            >
              {format.toUpperCase()}
            </button>
          ))}
        </fieldset>
      )}
      {busy !== null && (
        <p role="status" className="text-xs text-soft">
          Fetching the file…
        </p>
      )}
      {error !== null && <ProblemNotice error={error} />}
    </div>
  );
}

function Facts({ artifact }: { artifact: Artifact }) {
  const { recipe } = artifact;
  const facts: [string, ReactNode][] = [];
  if (recipe) facts.push(["Model", recipe.model]);
  if (artifact.width && artifact.height) facts.push(["Size", `${artifact.width} × ${artifact.height}`]);
  if (artifact.faces) facts.push(["Triangles", count(artifact.faces)]);
  facts.push(["File", `${endingOf(artifact).toUpperCase()}, ${bytes(artifact.size_bytes)}`]);
  for (const [name, value] of Object.entries(recipe?.parameters ?? {})) {
    if (name !== "seed") facts.push([named(name), typeof value === "object" ? JSON.stringify(value) : String(value)]);
  }
  const seed = recipe?.seed ?? recipe?.parameters.seed;
  if (seed !== null && seed !== undefined) facts.push(["Seed", String(seed)]);
  facts.push([
    "Made",
    <time key="made" dateTime={artifact.created_at} title={wholeTime(artifact.created_at)}>
      {shortTime(artifact.created_at)}
    </time>,
  ]);
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-soft">{name}</dt>
          <dd className="text-right break-words tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A parameter's name as a word. */
function named(parameter: string): string {
  const words = parameter.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const label = copied ? "Copied" : "Copy prompt";
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" className="icon-button max-sm:size-10" aria-label={label} title={label} onClick={copy}>
      {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
    </button>
  );
}

function EraseDialog(props: { artifact: Artifact; onClose: () => void; onErased: () => void }) {
  const { artifact, onClose, onErased } = props;
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const what = artifact.type === "mesh" ? "mesh" : "image";
  const remove = async () => {
    setBusy(true);
    setError(null);
    try {
      await erase(queries, artifact, onErased);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Delete this ${what}?`} onClose={onClose}>
      <p className="text-sm">The {what} and what it was made with are gone for good, also from chats that show it.</p>
      {error !== null && (
        <div className="mt-4">
          <ProblemNotice error={error} />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="button-primary" disabled={busy} onClick={() => void remove()}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
