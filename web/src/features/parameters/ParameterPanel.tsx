import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useEffect } from "react";
import { Hint, ProblemNotice } from "../../common/Notice";
import { modelParameters } from "./api";
import { Control } from "./Control";
import { type Field, faultOf, type Values, withValue } from "./fields";
import { Presets } from "./Presets";
import { useTaken } from "./useTaken";

interface Props {
  /** The chosen model's id; `auto` where one is found for each request. */
  model: string;
  modality: "text" | "image" | "3d";
  /** What differs from the model's defaults: what is to be sent. */
  value: Values;
  onChange: (value: Values) => void;
  /** Whether every value may be sent. */
  onValid?: ((ok: boolean) => void) | undefined;
}

/** The parameters of a model, drawn from what the gateway says of it alone. Not to stand in a form: it has its own. */
export function ParameterPanel({ model, modality, value, onChange, onValid }: Props) {
  const known = model !== "auto" && model !== "";
  const { data, error, refetch, isPending } = useQuery({ ...modelParameters(model), enabled: known });
  const dropped = useTaken(model, value, onChange);
  const fields = data?.fields ?? [];
  const ok = fields.every((field) => faultOf(field, value[field.name]) === null);
  useEffect(() => onValid?.(ok), [ok, onValid]);

  if (!known) {
    return (
      <p className="text-sm text-soft">
        With <span className="font-medium text-ink">Auto</span> each message may go to another model, and each decides
        for itself. Choose a model to set its parameters.
      </p>
    );
  }
  if (error !== null && data === undefined) {
    return (
      <ProblemNotice error={error}>
        <button type="button" className="button-plain h-8 px-3" onClick={() => void refetch()}>
          Try again
        </button>
      </ProblemNotice>
    );
  }
  if (isPending) return <Skeleton />;
  const plain = fields.filter(({ kind }) => kind !== "json");
  const written = fields.filter(({ kind }) => kind === "json");
  const show = (field: Field) => (
    <Control
      key={field.name}
      field={field}
      value={value[field.name]}
      fault={faultOf(field, value[field.name])}
      onChange={(next) => onChange(withValue(value, field, next))}
    />
  );
  const changes = Object.keys(value).length;
  return (
    <section aria-label="Parameters" data-model={model} className="space-y-5">
      <div className="flex items-center gap-2">
        <Presets modality={data?.modality ?? modality} fields={fields} value={value} onChange={onChange} />
        <span className="flex-1" />
        <button
          type="button"
          className="inline-flex h-9 items-center gap-1.5 rounded-lg px-2.5 text-sm text-soft hover:bg-hover hover:text-ink disabled:opacity-40"
          disabled={changes === 0}
          onClick={() => onChange({})}
        >
          <RotateCcw aria-hidden className="size-3.5" /> Reset all
        </button>
      </div>
      <div role="status" className="empty:hidden">
        {dropped.length > 0 && (
          <Hint>
            {dropped.join(", ")} {dropped.length === 1 ? "is" : "are"} left out: this model does not take{" "}
            {dropped.length === 1 ? "it" : "them"}.
          </Hint>
        )}
      </div>
      {fields.length === 0 && <p className="text-sm text-soft">This model has no parameters.</p>}
      {plain.map(show)}
      {written.length > 0 && (
        <details className="group" open={written.some(({ name }) => value[name] !== undefined) || undefined}>
          <summary className="rounded-lg py-2 text-sm font-medium text-soft hover:text-ink">
            For programs: tools and schemas
          </summary>
          <div className="space-y-5 pt-3">{written.map(show)}</div>
        </details>
      )}
    </section>
  );
}

function Skeleton() {
  return (
    <div role="status" className="space-y-5">
      <span className="sr-only">Asking what the model takes…</span>
      {[1, 2, 3, 4].map((line) => (
        <div key={line} aria-hidden className="space-y-2">
          <div className="h-4 w-28 rounded bg-hover" />
          <div className="h-10 rounded-lg bg-hover" />
        </div>
      ))}
    </div>
  );
}
