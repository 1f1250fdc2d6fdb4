import type { Schemas } from "@pluggably/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../common/connection";
import { Dialog } from "../../common/Dialog";
import { count, dollars } from "../../common/format";
import { ProblemNotice } from "../../common/Notice";
import { Waiting } from "../../common/Waiting";
import { nameOf } from "../account/api";
import { LIMITS } from "../usage/limits";
import { limitsOf, type User } from "./api";

/** What one user may use. */
export function LimitsDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const limits = useQuery(limitsOf(user.id));
  return (
    <Dialog title={`Limits of ${nameOf(user)}`} onClose={onClose}>
      {limits.data === undefined ? (
        <Waiting query={limits} />
      ) : (
        <LimitsForm user={user} now={limits.data} onClose={onClose} />
      )}
    </Dialog>
  );
}

function LimitsForm({ user, now, onClose }: { user: User; now: Schemas["LimitsRead"]; onClose: () => void }) {
  const queries = useQueryClient();
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(LIMITS.map(({ name }) => [name, now.own[name]?.toString() ?? ""])),
  );
  const [defaults, setDefaults] = useState(now.own.use_defaults ?? true);
  const save = useMutation({
    mutationFn: async () => {
      const given = Object.entries(values).filter(([, value]) => value.trim() !== "");
      const body = Object.fromEntries(given.map(([name, value]) => [name, Number(value)]));
      await client().setLimits(user.id, { ...body, use_defaults: defaults });
      await queries.invalidateQueries({ queryKey: ["limits"] });
    },
    onSuccess: onClose,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
      className="space-y-4"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        {LIMITS.map(({ name, label, unit }) => {
          const state = now.limits[name];
          const used = state === undefined ? 0 : state.used + state.reserved;
          return (
            <label key={name} className="block space-y-1 text-sm">
              <span className="block font-medium">{label}</span>
              <input
                type="number"
                className="field"
                min={0}
                step={unit === "dollars" ? "any" : 1}
                placeholder={defaults ? "As for everybody" : "No limit"}
                value={values[name] ?? ""}
                onChange={(event) => setValues({ ...values, [name]: event.target.value })}
              />
              <span className="block text-xs text-soft">
                Used: {unit === "dollars" ? (used === 0 ? "$0" : dollars(used)) : count(used)}
              </span>
            </label>
          );
        })}
      </div>
      <label className="flex min-h-10 items-center gap-3 text-sm">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={defaults}
          onChange={(event) => setDefaults(event.target.checked)}
        />
        What is empty is limited as for everybody
      </label>
      {save.error !== null && <ProblemNotice error={save.error} />}
      <div className="flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="button-primary" disabled={save.isPending}>
          {save.isPending ? "Saving…" : "Save limits"}
        </button>
      </div>
    </form>
  );
}
