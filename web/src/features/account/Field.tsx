import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";

type Own = Omit<ComponentProps<"input">, "onChange" | "value" | "className">;

interface Props extends Own {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
}

/** A labelled field of a form; of a password what is typed can be shown. */
export function Field({ label, value, onChange, hint, required = true, type = "text", ...rest }: Props) {
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const secret = type === "password";
  return (
    <div className="text-sm">
      <div className="relative">
        <label className="block space-y-1.5">
          <span className="block font-medium">{label}</span>
          <input
            className={`field ${secret ? "pr-11" : ""}`}
            value={value}
            required={required}
            type={secret && shown ? "text" : type}
            spellCheck={secret ? false : undefined}
            autoCapitalize={secret ? "none" : undefined}
            onChange={(event) => onChange(event.target.value)}
            onKeyUp={secret ? (event) => setCaps(event.getModifierState("CapsLock")) : undefined}
            onBlur={() => setCaps(false)}
            {...rest}
          />
        </label>
        {secret && (
          <button
            type="button"
            className="icon-button absolute right-0.5 bottom-0.5"
            aria-label="Show what is typed"
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}
          </button>
        )}
      </div>
      {hint !== undefined && <p className="mt-1.5 text-xs text-soft">{hint}</p>}
      <p role="status" className="mt-1.5 text-xs font-medium text-note empty:hidden">
        {caps ? "Caps Lock is on." : ""}
      </p>
    </div>
  );
}
