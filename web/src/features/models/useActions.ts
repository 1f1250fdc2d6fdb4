import type { ModelInfo } from "@pluggably/client";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../common/connection";
import { handOver } from "../../common/handover";
import { fetchAgain } from "../downloads/again";
import { cancel } from "../downloads/api";

export type Action = "load" | "unload" | "pin" | "unpin" | "default" | "switch" | "fetch" | "cancel";

/** What can be done with a model, one thing at a time; `error` is why the last one failed, `failed` which it was. */
export function useActions(model: ModelInfo) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState<Action | null>(null);
  const [problem, setProblem] = useState<{ action: Action; error: unknown } | null>(null);

  const run = async (action: Action, work: () => Promise<unknown>) => {
    setBusy(action);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem({ action, error });
    } finally {
      setBusy(null);
      void queries.invalidateQueries({ queryKey: ["models"] });
      void queries.invalidateQueries({ queryKey: ["loaded"] });
    }
  };
  const { id } = model;
  return {
    busy,
    problem,
    dismiss: () => setProblem(null),
    /** Waits for the end, so that a load that fails says why. */
    load: () => run("load", () => client().loadModel(id, { wait: true })),
    /** By force: a pin does not hold it, and running requests finish first. */
    unload: (force = false) => run("unload", () => client().unloadModel(id, { force })),
    pin: () => run("pin", () => client().loadModel(id, { wait: true, pin: true })),
    unpin: () => run("unpin", () => client().updateModel(id, { pinned: false })),
    makeDefault: () => run("default", () => client().setDefaultModel(id)),
    switchTo: (status: "available" | "disabled") => run("switch", () => client().updateModel(id, { status })),
    fetchAgain: () => run("fetch", () => fetchAgain(queries, model)),
    cancelDownload: () => run("cancel", async () => (model.job_id == null ? null : cancel(queries, model.job_id))),
    /** Take it out of the catalog. Throws what the client does. */
    remove: async (files: boolean) => {
      await client().removeModel(id, { files });
      await Promise.all([["models"], ["storage"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  };
}

export type Actions = ReturnType<typeof useActions>;

/** Goes to the page where a model is asked, with this one chosen. */
export function useTry(): (model: ModelInfo) => void {
  const navigate = useNavigate();
  return (model) => {
    const to = model.modality === "text" ? "chat" : "studio";
    handOver({ to, model: model.id, modality: model.modality, prompt: "", images: [] });
    void navigate({ to: to === "chat" ? "/" : "/studio" });
  };
}
