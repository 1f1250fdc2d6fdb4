import type { Schemas } from "@pluggably/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../common/connection";
import { Dialog } from "../../common/Dialog";
import { ProblemNotice } from "../../common/Notice";
import { Field } from "../account/Field";
import { keysChanged, type Provider } from "./api";
import { formsOf, type KeyField } from "./forms";

interface Props {
  provider: Provider;
  replaces: boolean;
  onClose: () => void;
  onStored: () => void;
}

/** Asks for a credential, with the fields that the provider's schema names. */
export function KeyDialog({ provider, replaces, onClose, onStored }: Props) {
  const queries = useQueryClient();
  const forms = formsOf(provider.credential_types);
  const [type, setType] = useState(forms[0]?.type);
  const [values, setValues] = useState<Record<string, string>>({});
  const form = forms.find((each) => each.type === type);
  const store = useMutation({
    mutationFn: async () => {
      const given = (form?.fields ?? []).map(({ name }) => [name, (values[name] ?? "").trim()]);
      const filled = Object.fromEntries(given.filter(([, value]) => value !== ""));
      await client().addProviderKey({
        provider: provider.name,
        credential_type: type,
        ...filled,
      } as Schemas["ProviderKeyCreate"]);
      await keysChanged(queries);
    },
    onSuccess: onStored,
  });
  return (
    <Dialog title={`${replaces ? "Replace the key for" : "Add a key for"} ${provider.title}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          store.mutate();
        }}
        className="space-y-4"
      >
        {forms.length > 1 && (
          <fieldset className="space-y-1.5 text-sm">
            <legend className="mb-1.5 font-medium">Kind</legend>
            <div className="flex flex-wrap gap-2">
              {forms.map((each) => (
                <label
                  key={each.type}
                  className="flex min-h-10 cursor-pointer items-center gap-2 rounded-lg border border-line px-3 hover:bg-hover has-checked:border-accent has-checked:bg-tint has-focus-visible:outline-2 has-focus-visible:outline-accent"
                >
                  <input
                    type="radio"
                    name="kind"
                    className="accent-accent"
                    checked={type === each.type}
                    onChange={() => setType(each.type)}
                  />
                  {each.title}
                </label>
              ))}
            </div>
          </fieldset>
        )}
        {form?.fields.map((field) => (
          <SchemaField
            key={field.name}
            field={field}
            value={values[field.name] ?? ""}
            onChange={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
        <p className="text-xs text-soft">
          It is kept encrypted, used for your requests alone, and never shown again in full.
        </p>
        {store.error !== null && <ProblemNotice error={store.error} />}
        <div className="flex justify-end gap-2">
          <button type="button" className="button-plain" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button-primary" disabled={store.isPending}>
            {store.isPending ? "Storing…" : "Store"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function SchemaField(props: { field: KeyField; value: string; onChange: (value: string) => void }) {
  const { field, value, onChange } = props;
  const { title, kind, required, pattern, maxLength } = field;
  if (kind === "document") {
    return (
      <div className="space-y-1.5 text-sm">
        <label className="block space-y-1.5">
          <span className="block font-medium">{title}</span>
          <textarea
            required={required}
            maxLength={maxLength}
            rows={6}
            spellCheck={false}
            className="field h-auto py-2 font-mono text-xs focus-visible:outline-2 focus-visible:outline-accent"
            placeholder={'{ "type": "service_account", … }'}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        </label>
        <label className="inline-flex min-h-10 cursor-pointer items-center gap-2 text-link hover:underline has-focus-visible:outline-2 has-focus-visible:outline-accent">
          <input
            type="file"
            accept=".json,application/json"
            className="sr-only"
            onChange={(event) => void event.target.files?.[0]?.text().then(onChange)}
          />
          Read it from a file
        </label>
      </div>
    );
  }
  return (
    <Field
      label={title}
      type={kind === "secret" ? "password" : kind === "address" ? "url" : "text"}
      value={value}
      // Keys are pasted, often with a line's end.
      onChange={(typed) => onChange(kind === "text" ? typed : typed.trim())}
      required={required}
      pattern={pattern}
      maxLength={maxLength}
      autoComplete="off"
      placeholder={kind === "address" ? "https://…" : undefined}
    />
  );
}
