import { BookmarkPlus, ChevronDown, Pencil, SlidersHorizontal, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { type FormEvent, useState } from "react";
import { Dialog } from "../../common/Dialog";
import { useLayer } from "../../common/layer";
import { ProblemNotice } from "../../common/Notice";
import { type Field, taken, type Values } from "./fields";
import { MOST_PRESETS, type Preset, usePresets } from "./presets";

interface Props {
  modality: Preset["modality"];
  fields: readonly Field[];
  value: Values;
  onChange: (value: Values) => void;
}

const LONGEST_NAME = 60;

/** Parameters under a name: take them up, keep those that are set now, rename and delete. */
export function Presets({ modality, fields, value, onChange }: Props) {
  const { presets, put, rename, remove } = usePresets();
  const [open, setOpen] = useState<"save" | "manage" | null>(null);
  const layer = useLayer();
  const mine = presets.filter((preset) => preset.modality === modality);
  const isEmpty = Object.keys(value).length === 0;
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="button-plain h-9 px-3 max-md:h-10">
          Presets <ChevronDown aria-hidden className="size-3.5" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal container={layer}>
          <DropdownMenu.Content
            className="menu max-h-80 max-w-72 overflow-y-auto"
            align="start"
            collisionPadding={12}
          >
            {mine.map((preset) => (
              <DropdownMenu.Item
                key={preset.name}
                className="menu-item"
                onSelect={() => onChange(taken(fields, preset.values).values)}
              >
                <span className="truncate">{preset.name}</span>
              </DropdownMenu.Item>
            ))}
            {mine.length === 0 && (
              <DropdownMenu.Label className="px-2.5 py-2 text-sm text-soft">
                None yet: change something, then save it under a name.
              </DropdownMenu.Label>
            )}
            <DropdownMenu.Separator className="my-1 h-px bg-line" />
            <DropdownMenu.Item
              className="menu-item"
              disabled={isEmpty || presets.length >= MOST_PRESETS}
              onSelect={() => setOpen("save")}
            >
              <BookmarkPlus aria-hidden className="size-4" /> Save as a preset…
            </DropdownMenu.Item>
            {mine.length > 0 && (
              <DropdownMenu.Item className="menu-item" onSelect={() => setOpen("manage")}>
                <SlidersHorizontal aria-hidden className="size-4" /> Rename or delete…
              </DropdownMenu.Item>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {open === "save" && (
        <Dialog title="Save as a preset" onClose={() => setOpen(null)}>
          <NameForm
            name=""
            taken={mine.map(({ name }) => name)}
            onSave={(name) => put({ name, modality, values: value })}
            onClose={() => setOpen(null)}
          />
        </Dialog>
      )}
      {open === "manage" && (
        <Dialog title="Presets" onClose={() => setOpen(null)}>
          <Shelf presets={mine} onRename={rename} onRemove={remove} />
          <div className="mt-5 flex justify-end">
            <button type="button" className="button-plain" onClick={() => setOpen(null)}>
              Done
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

interface ShelfProps {
  presets: readonly Preset[];
  onRename: (preset: Preset, name: string) => Promise<void>;
  onRemove: (preset: Preset) => Promise<void>;
}

function Shelf({ presets, onRename, onRemove }: ShelfProps) {
  const [renamed, setRenamed] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const remove = async (preset: Preset) => {
    setError(null);
    try {
      await onRemove(preset);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div className="space-y-3">
      {error !== null && <ProblemNotice error={error} />}
      {presets.length === 0 && <p className="text-sm text-soft">There are none any more.</p>}
      <ul className="space-y-1">
        {presets.map((preset) => (
          <li key={preset.name}>
            {renamed === preset.name ? (
              <NameForm
                name={preset.name}
                taken={presets.map(({ name }) => name).filter((name) => name !== preset.name)}
                onSave={(name) => onRename(preset, name)}
                onClose={() => setRenamed(null)}
              />
            ) : (
              <div className="flex min-h-10 items-center gap-1">
                <span className="min-w-0 flex-1 truncate text-sm">{preset.name}</span>
                {leaving === preset.name ? (
                  <>
                    <button type="button" className="button-plain h-9 px-3" onClick={() => setLeaving(null)}>
                      Keep
                    </button>
                    <button
                      type="button"
                      className="button-plain h-9 border-bad px-3 text-bad"
                      onClick={() => void remove(preset)}
                    >
                      Delete for good
                    </button>
                  </>
                ) : (
                  <>
                    <button
                      type="button"
                      className="icon-button size-10"
                      aria-label={`Rename ${preset.name}`}
                      onClick={() => setRenamed(preset.name)}
                    >
                      <Pencil aria-hidden className="size-4" />
                    </button>
                    <button
                      type="button"
                      className="icon-button size-10"
                      aria-label={`Delete ${preset.name}`}
                      onClick={() => setLeaving(preset.name)}
                    >
                      <Trash2 aria-hidden className="size-4" />
                    </button>
                  </>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface NameProps {
  name: string;
  /** Names of other presets. */
  taken: readonly string[];
  onSave: (name: string) => Promise<void>;
  onClose: () => void;
}

function NameForm({ name: before, taken: others, onSave, onClose }: NameProps) {
  const [name, setName] = useState(before);
  const [error, setError] = useState<unknown>(null);
  const replaces = others.includes(name.trim());
  const save = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation(); // the panel may stand in a form of somebody else's
    try {
      await onSave(name.trim());
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form onSubmit={(event) => void save(event)} className="space-y-4">
      <label className="block space-y-1.5 text-sm">
        <span>Name</span>
        <input
          // biome-ignore lint/a11y/noAutofocus: a name is all that is asked for
          autoFocus
          className="field"
          maxLength={LONGEST_NAME}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      {replaces && <p className="text-sm text-note">There is one of this name: it will be replaced.</p>}
      {error !== null && <ProblemNotice error={error} />}
      <div className="flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="button-primary" disabled={name.trim() === ""}>
          Save
        </button>
      </div>
    </form>
  );
}
