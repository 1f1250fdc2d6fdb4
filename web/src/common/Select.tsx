import { ChevronDown } from "lucide-react";

/** A choice of one, as the device shows it; `options` are values with what is shown of them. */
export function Select(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [string, string])[];
  /** Whether the choice leaves something out, which is to be seen. */
  marked?: boolean;
}) {
  const { label, value, onChange, options, marked = false } = props;
  return (
    <span className="relative block min-w-0">
      <select
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={`field cursor-pointer appearance-none truncate pr-9 ${marked ? "border-accent bg-tint" : ""}`}
      >
        {options.map(([name, shown]) => (
          <option key={name} value={name}>
            {shown}
          </option>
        ))}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-3 right-3 size-4 text-soft" />
    </span>
  );
}
