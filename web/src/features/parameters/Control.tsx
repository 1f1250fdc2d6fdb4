import { Plus, Undo2, X } from "lucide-react";
import { type CSSProperties, useId, useState } from "react";
import { type Field, type ListField, type SizeField, type SliderField, same, written } from "./fields";

interface Props<Of extends Field = Field> {
  field: Of;
  /** Undefined where the model's default holds. */
  value: unknown;
  fault: string | null;
  onChange: (value: unknown) => void;
}
/** What a control needs to be named and explained. */
interface Named {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

const CHIP =
  "flex min-h-10 cursor-pointer items-center justify-center gap-2 rounded-lg border border-line bg-raised px-3 text-sm hover:bg-hover has-checked:border-accent has-checked:bg-tint has-checked:text-link has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent";

/** One parameter: its name, what it is for, the control, and the way back to its default. */
export function Control({ field, value, fault, onChange }: Props) {
  const id = useId();
  const isGroup =
    field.kind === "size" || field.kind === "list" || (field.kind === "choice" && isShort(field.values));
  const described = [field.help === "" ? null : `${id}-help`, fault === null ? null : `${id}-fault`].filter(Boolean);
  const named: Named = {
    id,
    "aria-describedby": described.length === 0 ? undefined : described.join(" "),
    "aria-invalid": fault !== null,
  };
  const label = (
    <>
      {field.label}
      {field.unit !== "" && <span className="font-normal text-soft"> ({field.unit})</span>}
    </>
  );
  return (
    <div
      className="space-y-1.5"
      {...(isGroup
        ? { role: "group", "aria-labelledby": `${id}-label`, "aria-describedby": named["aria-describedby"] }
        : {})}
    >
      <div className="flex min-h-6 items-center gap-2">
        {isGroup ? (
          <span id={`${id}-label`} className="text-sm font-medium">
            {label}
          </span>
        ) : (
          <label htmlFor={id} className="text-sm font-medium">
            {label}
          </label>
        )}
        {value !== undefined && (
          <button
            type="button"
            className="icon-button -my-2 size-8 max-md:size-10"
            aria-label={`Reset ${field.label}`}
            title={field.default === undefined ? "Leave it to the model" : `Back to ${written(field.default)}`}
            onClick={() => onChange(undefined)}
          >
            <Undo2 aria-hidden className="size-3.5" />
          </button>
        )}
        <span className="flex-1" />
        {field.kind === "switch" && <Switch named={named} field={field} value={value} onChange={onChange} />}
      </div>
      {shown(field, value, fault, onChange, named)}
      {field.nullable && field.default !== null && (
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={value === null}
            onChange={(event) => onChange(event.target.checked ? null : undefined)}
          />
          None
        </label>
      )}
      {field.help !== "" && (
        <p id={`${id}-help`} className="text-xs text-soft">
          {field.help}
        </p>
      )}
      <p id={`${id}-fault`} role="alert" className="text-xs font-medium text-bad empty:hidden">
        {fault}
      </p>
    </div>
  );
}

function shown(field: Field, value: unknown, fault: string | null, onChange: Props["onChange"], named: Named) {
  switch (field.kind) {
    case "slider":
      return <Slider field={field} value={value} fault={fault} onChange={onChange} named={named} />;
    case "number":
      return (
        <Typed field={field} value={value} onChange={onChange} named={named} read={toNumber} inputMode="decimal" />
      );
    case "text":
      return <Typed field={field} value={value} onChange={onChange} named={named} read={(text) => text} />;
    case "long":
    case "json":
      return <Area field={field} value={value} onChange={onChange} named={named} />;
    case "choice":
      if (isShort(field.values))
        return <Chips field={field} values={field.values} value={value} onChange={onChange} named={named} />;
      return <Select field={field} values={field.values} value={value} onChange={onChange} named={named} />;
    case "size":
      return <Size field={field} value={value} fault={fault} onChange={onChange} named={named} />;
    case "list":
      return <List field={field} value={value} fault={fault} onChange={onChange} named={named} />;
    case "switch":
      return null;
  }
}

function isShort(values: readonly (string | number)[]): boolean {
  return values.length <= 4 && values.join("").length <= 24;
}

function toNumber(text: string): unknown {
  const number = Number(text.trim().replace(",", "."));
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

/** What is shown while somebody types, which need not be what it comes to: "1." is 1. */
function useTyped(value: unknown, read: (text: string) => unknown, onChange: (value: unknown) => void) {
  const [typed, setTyped] = useState("");
  const text = typed !== "" && same(read(typed), value) ? typed : written(value);
  const type = (next: string) => {
    setTyped(next);
    onChange(next === "" ? undefined : read(next));
  };
  return { text, type };
}

/** What holds where nothing is written. */
function placeholderOf({ default: given, nullable }: Field): string {
  if (given !== undefined && given !== null) return written(given);
  return nullable ? "None" : "The model decides";
}

interface TypedProps {
  field: Field;
  value: unknown;
  onChange: Props["onChange"];
  named: Named | (Omit<Named, "id"> & { "aria-label": string });
  read: (text: string) => unknown;
  inputMode?: "decimal";
  className?: string;
}

function Typed({ field, value, onChange, named, read, inputMode, className = "" }: TypedProps) {
  const { text, type } = useTyped(value, read, onChange);
  const suggestions = useId();
  const offers = field.kind === "text" ? field.examples.filter((example) => typeof example === "string") : [];
  return (
    <>
      <input
        {...named}
        type="text"
        inputMode={inputMode}
        autoComplete="off"
        spellCheck={false}
        list={offers.length > 0 ? suggestions : undefined}
        className={`field aria-invalid:border-bad ${className}`}
        placeholder={placeholderOf(field)}
        value={text}
        onChange={(event) => type(event.target.value)}
      />
      {offers.length > 0 && (
        <datalist id={suggestions}>
          {offers.map((offer) => (
            <option key={offer} value={offer} />
          ))}
        </datalist>
      )}
    </>
  );
}

function Area({ field, value, onChange, named }: Omit<TypedProps, "read">) {
  const isJson = field.kind === "json";
  const read = (text: string): unknown => {
    if (!isJson) return text;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  };
  const { text, type } = useTyped(value, read, onChange);
  const example = isJson && field.examples.length > 0 ? written(field.examples[0]) : placeholderOf(field);
  return (
    <textarea
      {...named}
      rows={isJson ? 4 : 2}
      spellCheck={!isJson}
      placeholder={example}
      value={text}
      onChange={(event) => type(event.target.value)}
      className={`field h-auto resize-y py-2 aria-invalid:border-bad ${isJson ? "font-mono text-xs" : ""}`}
    />
  );
}

function Slider({ field, value, onChange, named }: Props<SliderField> & { named: Named }) {
  const { minimum, maximum, step } = field;
  const at = typeof value === "number" ? value : typeof field.default === "number" ? field.default : minimum;
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  const isOpen = value === undefined && typeof field.default !== "number";
  const share = Math.max(0, Math.min(100, ((at - minimum) / (maximum - minimum)) * 100));
  return (
    <div className="flex items-center gap-3">
      <input
        {...named}
        type="range"
        min={minimum}
        max={maximum}
        step={step}
        value={at}
        aria-valuetext={isOpen ? "The model decides" : undefined}
        onChange={(event) => onChange(Number(Number(event.target.value).toFixed(decimals)))}
        style={{ "--at": `${share}%` } as CSSProperties}
        className={`slider ${isOpen ? "opacity-50" : ""}`}
      />
      <Typed
        field={field}
        value={value}
        onChange={onChange}
        named={{
          "aria-label": `${field.label}, as a number`,
          "aria-describedby": named["aria-describedby"],
          "aria-invalid": named["aria-invalid"],
        }}
        read={toNumber}
        inputMode="decimal"
        className="w-20! shrink-0 text-right tabular-nums"
      />
    </div>
  );
}

function Switch({
  field,
  value,
  onChange,
  named,
}: {
  field: Field;
  value: unknown;
  onChange: Props["onChange"];
  named: Named;
}) {
  const on = (value ?? field.default) === true;
  return (
    <button
      id={named.id}
      aria-describedby={named["aria-describedby"]}
      type="button"
      role="switch"
      aria-checked={on}
      onClick={() => onChange(!on)}
      className="group/switch relative -my-2 inline-flex h-10 w-12 shrink-0 items-center"
    >
      <span className="h-6 w-11 rounded-full border border-soft bg-pane transition-colors group-aria-checked/switch:border-accent group-aria-checked/switch:bg-accent" />
      <span className="absolute left-1 size-4 rounded-full bg-soft transition-transform group-aria-checked/switch:translate-x-5 group-aria-checked/switch:bg-on-accent" />
    </button>
  );
}

interface ChosenProps {
  field: Field;
  values: readonly (string | number)[];
  value: unknown;
  onChange: Props["onChange"];
  named: Named;
}

function Chips({ field, values, value, onChange, named }: ChosenProps) {
  const chosen = value === undefined ? field.default : value;
  return (
    <div className="grid auto-cols-fr grid-flow-col gap-1.5">
      {values.map((offer) => (
        <label key={offer} className={CHIP}>
          <input
            type="radio"
            name={named.id}
            className="sr-only"
            checked={chosen === offer}
            onChange={() => onChange(offer)}
          />
          {offer}
        </label>
      ))}
    </div>
  );
}

function Select({ field, values, value, onChange, named }: ChosenProps) {
  const kept = field.default === undefined ? "The model decides" : `Default: ${written(field.default)}`;
  return (
    <select
      {...named}
      className="field"
      value={value === undefined ? "" : String(value)}
      onChange={(event) => onChange(values.find((offer) => String(offer) === event.target.value))}
    >
      <option value="">{kept}</option>
      {values.map((offer) => (
        <option key={offer} value={String(offer)}>
          {offer}
        </option>
      ))}
    </select>
  );
}

function Size({ field, value, onChange, named }: Props<SizeField> & { named: Named }) {
  const chosen = value === undefined ? field.default : value;
  return (
    <div className="space-y-2">
      <div className="grid grid-cols-3 gap-1.5">
        {field.presets.map((preset) => (
          <label key={preset} className={`${CHIP} flex-col gap-1! px-1! py-2 text-xs tabular-nums`}>
            <input
              type="radio"
              name={named.id}
              className="sr-only"
              checked={chosen === preset}
              onChange={() => onChange(preset)}
            />
            <Shape size={preset} />
            {preset.replace("x", " × ")}
          </label>
        ))}
      </div>
      {field.open && (
        <Typed
          field={field}
          value={value}
          onChange={onChange}
          named={{
            "aria-label": `${field.label}, another`,
            "aria-describedby": named["aria-describedby"],
            "aria-invalid": named["aria-invalid"],
          }}
          read={(text) => text.trim().replace(/\s*[x×*]\s*/i, "x")}
        />
      )}
    </div>
  );
}

/** The outline of a size. */
function Shape({ size }: { size: string }) {
  const [width, height] = size.split("x").map(Number);
  if (!width || !height) return null;
  const scale = 18 / Math.max(width, height);
  const [w, h] = [width * scale, height * scale];
  return (
    <svg aria-hidden="true" viewBox="0 0 20 20" className="size-5">
      <rect
        x={(20 - w) / 2}
        y={(20 - h) / 2}
        width={w}
        height={h}
        rx="2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </svg>
  );
}

function List({ field, value, fault, onChange, named }: Props<ListField> & { named: Named }) {
  const given = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const put = (items: unknown[]) => onChange(items.length === 0 ? undefined : items);
  if (field.values !== null) {
    return (
      <div className="flex flex-wrap gap-1.5">
        {field.values.map((offer) => (
          <label key={offer} className={CHIP}>
            <input
              type="checkbox"
              className="sr-only"
              checked={given.includes(offer)}
              onChange={(event) =>
                put(event.target.checked ? [...given, offer] : given.filter((item) => item !== offer))
              }
            />
            {offer}
          </label>
        ))}
      </div>
    );
  }
  const read = (text: string) => (field.numbers ? toNumber(text) : unescaped(text));
  return (
    <div className="space-y-1.5">
      {given.map((item, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
        <div key={place} className="flex items-center gap-1.5">
          <input
            type="text"
            aria-label={`${field.label} ${place + 1}`}
            aria-describedby={named["aria-describedby"]}
            aria-invalid={fault !== null}
            // biome-ignore lint/a11y/noAutofocus: whoever pressed Add wants to write here
            autoFocus={item === ""}
            className="field"
            value={field.numbers ? written(item) : escaped(String(item))}
            onChange={(event) => put(given.map((other, at) => (at === place ? read(event.target.value) : other)))}
          />
          <button
            type="button"
            className="icon-button max-md:size-10"
            aria-label={`Remove ${field.label} ${place + 1}`}
            onClick={() => put(given.filter((_, at) => at !== place))}
          >
            <X aria-hidden className="size-4" />
          </button>
        </div>
      ))}
      <button type="button" className="button-plain h-9 px-3 max-md:h-10" onClick={() => put([...given, ""])}>
        <Plus aria-hidden className="size-4" /> Add
        <span className="sr-only">to {field.label}</span>
      </button>
    </div>
  );
}

/** Line breaks and tabs as they can be typed into one line. */
function escaped(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function unescaped(text: string): string {
  return text.replaceAll("\\n", "\n").replaceAll("\\t", "\t");
}
