import type { ModelInfo } from "@pluggably/client";
import { Ban, Copy, Info, MoreHorizontal, Pin, PinOff, Star, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useRef, useState } from "react";
import { Confirm } from "../../common/Confirm";
import { bytes } from "../../common/format";
import { usable } from "./api";
import { conditionOf, isLocal, isRemovable } from "./condition";
import { MODALITIES } from "./filters";
import type { Actions } from "./useActions";

/** What else can be done with a model. */
export function ModelMenu(props: { model: ModelInfo; admin: boolean; actions: Actions; onDetails: () => void }) {
  const { model, admin, actions, onDetails } = props;
  const [removes, setRemoves] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  const can = usable(model);
  const { state } = conditionOf(model);
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger
          ref={trigger}
          className="icon-button size-10 sm:size-9"
          aria-label={`More about ${model.name}`}
        >
          <MoreHorizontal aria-hidden className="size-4" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" collisionPadding={8}>
            <DropdownMenu.Item className="menu-item" onSelect={onDetails}>
              <Info aria-hidden className="size-4" /> Details
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => void navigator.clipboard.writeText(model.id).catch(() => undefined)}
            >
              <Copy aria-hidden className="size-4" /> Copy the id
            </DropdownMenu.Item>
            {admin && isLocal(model) && can && !model.pinned && (
              <DropdownMenu.Item className="menu-item" onSelect={() => void actions.pin()}>
                <Pin aria-hidden className="size-4" /> Keep in memory
              </DropdownMenu.Item>
            )}
            {admin && model.pinned && (
              <DropdownMenu.Item className="menu-item" onSelect={() => void actions.unpin()}>
                <PinOff aria-hidden className="size-4" /> No longer keep in memory
              </DropdownMenu.Item>
            )}
            {admin && can && !model.is_default && (
              <DropdownMenu.Item className="menu-item" onSelect={() => void actions.makeDefault()}>
                <Star aria-hidden className="size-4" /> Make the default for {MODALITIES[model.modality]}
              </DropdownMenu.Item>
            )}
            {admin && can && state !== "evicted" && (
              <DropdownMenu.Item className="menu-item" onSelect={() => void actions.switchTo("disabled")}>
                <Ban aria-hidden className="size-4" /> Switch off
              </DropdownMenu.Item>
            )}
            {admin && isRemovable(model) && (
              <DropdownMenu.Item className="menu-item text-bad" onSelect={() => setRemoves(true)}>
                <Trash2 aria-hidden className="size-4" /> Remove…
              </DropdownMenu.Item>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {removes && <RemoveDialog model={model} actions={actions} opener={trigger} onClose={() => setRemoves(false)} />}
    </>
  );
}

function RemoveDialog(props: {
  model: ModelInfo;
  actions: Actions;
  opener: React.RefObject<HTMLButtonElement | null>;
  onClose: () => void;
}) {
  const { model, actions, opener, onClose } = props;
  const has = isLocal(model) && model.local_path !== null;
  const [files, setFiles] = useState(has && model.source.type !== "local");
  const size = model.size_bytes === null ? "" : ` (${bytes(model.size_bytes)})`;
  return (
    <Confirm
      title={`Remove ${model.name}?`}
      action={files ? "Remove and delete the files" : "Remove"}
      onConfirm={() => actions.remove(files)}
      onClose={onClose}
      opener={opener}
    >
      <p>
        It goes out of the catalog, with its settings.
        {model.status === "downloading" && " Its download is cancelled."}
        {!has && isLocal(model) && " No files of it are on this machine."}
      </p>
      {has && (
        <label className="flex cursor-pointer gap-3 rounded-xl border border-line p-3">
          <input
            type="checkbox"
            className="mt-0.5 size-4 shrink-0 accent-accent"
            checked={files}
            onChange={(event) => setFiles(event.target.checked)}
          />
          <span className="min-w-0">
            Delete its files too{size}: gone for good.
            <span className="mt-1 block font-mono text-xs break-all text-soft">{model.local_path}</span>
          </span>
        </label>
      )}
      {has && !files && <p className="text-soft">The files stay, and are not found again until they change.</p>}
    </Confirm>
  );
}
