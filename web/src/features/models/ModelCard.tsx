import type { Job, ModelInfo } from "@pluggably/client";
import { Link } from "@tanstack/react-router";
import { Box, Image, type LucideIcon, MessageSquareText, Pin, Star } from "lucide-react";
import { memo } from "react";
import { Meter } from "../../common/Meter";
import { ProblemNotice } from "../../common/Notice";
import { problemOf } from "../../common/problems";
import { canComeAgain } from "../downloads/again";
import { progressOf } from "../downloads/progress";
import { usable } from "./api";
import { conditionOf, isLocal } from "./condition";
import { abilitiesOf, originOf, priceOf } from "./facts";
import { MODALITIES } from "./filters";
import { ModelMenu } from "./ModelMenu";
import { StatusBadge } from "./StatusBadge";
import { type Actions, useActions, useTry } from "./useActions";

const ICONS: Record<ModelInfo["modality"], LucideIcon> = { text: MessageSquareText, image: Image, "3d": Box };

interface Props {
  model: ModelInfo;
  /** The download that brings it. */
  job: Job | undefined;
  admin: boolean;
  onDetails: (id: string) => void;
}

/** A model with what is worth knowing of it, and what can be done with it. */
export const ModelCard = memo(function ModelCard({ model, job, admin, onDetails }: Props) {
  const actions = useActions(model);
  const condition = conditionOf(model, job);
  const Icon = ICONS[model.modality];
  const abilities = abilitiesOf(model);
  const price = priceOf(model);
  return (
    <li
      data-model={model.id}
      className="flex min-w-0 flex-col gap-3 rounded-2xl border border-line bg-raised p-4 sm:p-5"
    >
      <div className="flex items-start gap-3">
        <span className="mt-0.5 flex size-9 shrink-0 items-center justify-center rounded-xl bg-tint text-link">
          <Icon aria-hidden className="size-4.5" />
          <span className="sr-only">{MODALITIES[model.modality]} model</span>
        </span>
        <div className="min-w-0 flex-1">
          <h3 className="text-sm leading-5 font-semibold">
            <button
              type="button"
              className="line-clamp-2 max-w-full rounded text-left wrap-anywhere hover:underline"
              title={model.name}
              onClick={() => onDetails(model.id)}
            >
              {model.name}
            </button>
          </h3>
          <p className="truncate text-xs text-soft">{originOf(model)}</p>
        </div>
        <StatusBadge condition={condition} />
      </div>

      {(model.is_default || model.pinned) && (
        <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
          {model.is_default && (
            <span className="inline-flex items-center gap-1.5">
              <Star aria-hidden className="size-3.5 text-link" /> Default for {MODALITIES[model.modality]}
            </span>
          )}
          {model.pinned && (
            <span className="inline-flex items-center gap-1.5">
              <Pin aria-hidden className="size-3.5 text-link" /> Kept in memory
            </span>
          )}
        </p>
      )}
      {model.description !== null && <p className="line-clamp-2 text-sm text-soft">{model.description}</p>}
      {condition.state === "downloading" && (
        <div className="space-y-1.5">
          <Meter label={`Download of ${model.name}`} percent={condition.percent} />
          <p className="text-xs text-soft tabular-nums">{job === undefined ? "Waiting…" : progressOf(job)}</p>
        </div>
      )}
      {condition.detail !== "" && !["loading", "loaded", "busy"].includes(condition.state) && (
        <p className={`text-xs break-words ${condition.state === "failed" ? "text-bad" : "text-soft"}`}>
          {condition.detail}
        </p>
      )}
      {(abilities.length > 0 || price !== null || model.licence !== null) && (
        <div className="space-y-2">
          {abilities.length > 0 && (
            <ul aria-label="Abilities" className="flex flex-wrap gap-1.5">
              {abilities.map((ability) => (
                <li key={ability} className="rounded-md bg-pane px-2 py-0.5 text-xs text-soft">
                  {ability}
                </li>
              ))}
            </ul>
          )}
          {(price !== null || model.licence !== null) && (
            <p className="truncate text-xs text-soft">
              {[price, model.licence === null ? null : `Licence ${model.licence}`].filter(Boolean).join(" · ")}
            </p>
          )}
        </div>
      )}
      {actions.problem !== null && <Problem actions={actions} />}
      <div className="mt-auto flex flex-wrap items-center gap-2 pt-1">
        <Buttons model={model} admin={admin} actions={actions} />
        <span className="flex-1" />
        <ModelMenu model={model} admin={admin} actions={actions} onDetails={() => onDetails(model.id)} />
      </div>
    </li>
  );
});

/** What one most likely wants of a model in its state. */
export function Buttons({ model, admin, actions }: { model: ModelInfo; admin: boolean; actions: Actions }) {
  const tryIt = useTry();
  const { state } = conditionOf(model);
  const { busy } = actions;
  const small = "h-10 px-3 sm:h-9";
  return (
    <>
      {state === "locked" && (
        <Link
          to="/settings"
          search={{ section: "credentials", provider: model.provider }}
          className={`button-plain ${small}`}
          aria-label={`Add a key of ${model.provider}`}
        >
          Add a key
        </Link>
      )}
      {usable(model) && state !== "evicted" && !model.capabilities.embeddings && (
        <button
          type="button"
          className={`button-plain ${small}`}
          aria-label={`Try it: ${model.name}`}
          onClick={() => tryIt(model)}
        >
          Try it
        </button>
      )}
      {admin && isLocal(model) && state === "available" && (
        <button
          type="button"
          className={`button-plain ${small}`}
          aria-label={`Load ${model.name}`}
          disabled={busy !== null}
          onClick={() => void actions.load()}
        >
          {busy === "load" ? "Loading…" : "Load"}
        </button>
      )}
      {admin && (state === "loaded" || state === "busy" || state === "loading") && (
        <button
          type="button"
          className={`button-plain ${small}`}
          aria-label={`Unload ${model.name}`}
          disabled={busy !== null}
          onClick={() => void actions.unload()}
        >
          {busy === "unload" ? "Unloading…" : "Unload"}
        </button>
      )}
      {admin && state === "downloading" && (
        <button
          type="button"
          className={`button-plain ${small}`}
          aria-label={`Cancel the download of ${model.name}`}
          disabled={busy !== null}
          onClick={() => void actions.cancelDownload()}
        >
          Cancel
        </button>
      )}
      {admin && (state === "failed" || state === "evicted") && canComeAgain(model) && (
        <button
          type="button"
          className={`button-plain ${small}`}
          aria-label={`Download again: ${model.name}`}
          disabled={busy !== null}
          onClick={() => void actions.fetchAgain()}
        >
          {busy === "fetch" ? "Starting…" : "Download again"}
        </button>
      )}
      {admin && state === "disabled" && (
        <button
          type="button"
          className={`button-plain ${small}`}
          aria-label={`Switch on ${model.name}`}
          disabled={busy !== null}
          onClick={() => void actions.switchTo("available")}
        >
          Switch on
        </button>
      )}
    </>
  );
}

/** Why something failed, with the way on where there is one. */
export function Problem({ actions }: { actions: Actions }) {
  const { problem, dismiss, unload } = actions;
  if (problem === null) return null;
  const { code } = problemOf(problem.error);
  return (
    <ProblemNotice error={problem.error}>
      {code === "model_busy" && (
        <button type="button" className="button-plain h-8 px-3" onClick={() => void unload(true)}>
          Unload once it has answered
        </button>
      )}
      {code === "model_pinned" && (
        <button type="button" className="button-plain h-8 px-3" onClick={() => void unload(true)}>
          Unload in spite of the pin
        </button>
      )}
      <button type="button" className="button-plain h-8 px-3" onClick={dismiss}>
        Close
      </button>
    </ProblemNotice>
  );
}
