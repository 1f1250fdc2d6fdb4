import { ImagePlus, Link2, Paperclip, X } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { type ClipboardEvent, type DragEvent, useRef, useState } from "react";
import { Dialog } from "../../common/Dialog";
import { type Attachment, fromAddress, fromFile, IMAGE_TYPES } from "./attachments";

/**
 * Images that are attached by upload, paste, drag or address: what is there, and what becomes of a form's events.
 * `brought`: those that are there from the beginning.
 */
export function useAttachments(most: number, onAttached: () => void, brought: readonly Attachment[] = []) {
  const [images, setImages] = useState<Attachment[]>(() => [...brought]);
  const [problem, setProblem] = useState<string | null>(null);
  const [dragging, setDragging] = useState(false);

  const add = (image: Attachment) => {
    setImages((before) => {
      if (before.length < most) return [...before, image];
      setProblem(`At most ${most} images can be attached.`);
      return before;
    });
  };
  const attach = async (chosen: Iterable<File>) => {
    setProblem(null);
    for (const file of chosen) {
      try {
        add(await fromFile(file));
      } catch (error) {
        setProblem((error as Error).message);
      }
    }
    onAttached();
  };
  const addAddress = (address: string) => {
    setProblem(null);
    try {
      add(fromAddress(address));
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    if (pasted.length === 0) return;
    event.preventDefault();
    void attach(pasted);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    if (event.dataTransfer.files.length > 0) void attach(event.dataTransfer.files);
    else {
      const address = event.dataTransfer.getData("text/uri-list").split("\n")[0] ?? "";
      if (address !== "") addAddress(address);
    }
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    setDragging(true);
  };
  return {
    images,
    problem,
    dragging,
    add,
    attach,
    addAddress,
    remove: (id: string) => setImages((before) => before.filter((image) => image.id !== id)),
    clear: () => {
      setImages([]);
      setProblem(null);
    },
    onPaste,
    /** For the element that images are dropped on. */
    drop: { onDragOver, onDragLeave: () => setDragging(false), onDrop },
  };
}

export type Attachments = ReturnType<typeof useAttachments>;

/** The button that attaches, with its menu. */
export function AttachButton({ attachments, side = "top" }: { attachments: Attachments; side?: "top" | "bottom" }) {
  const [asksAddress, setAsksAddress] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="icon-button" aria-label="Attach an image">
          <ImagePlus aria-hidden className="size-5" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="start" side={side} sideOffset={6}>
            <DropdownMenu.Item className="menu-item" onSelect={() => files.current?.click()}>
              <Paperclip aria-hidden className="size-4" /> Upload an image
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" onSelect={() => setAsksAddress(true)}>
              <Link2 aria-hidden className="size-4" /> Image from an address
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <input
        ref={files}
        type="file"
        accept={IMAGE_TYPES.join(",")}
        multiple
        hidden
        aria-label="Images"
        onChange={(event) => {
          void attachments.attach([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      {asksAddress && <AddressDialog onAdd={attachments.addAddress} onClose={() => setAsksAddress(false)} />}
    </>
  );
}

/** What is attached, each with a button that takes it away; and what could not be. */
export function AttachedImages({ attachments }: { attachments: Attachments }) {
  const { images, problem, remove } = attachments;
  return (
    <>
      {images.length > 0 && (
        <ul aria-label="Attached images" className="flex flex-wrap gap-2 px-3 pt-3">
          {images.map((image) => (
            <li key={image.id} className="relative">
              <Preview image={image} />
              <button
                type="button"
                aria-label={`Remove ${image.name}`}
                onClick={() => remove(image.id)}
                className="absolute -top-2 -right-2 inline-flex size-6 items-center justify-center rounded-full border border-line bg-raised text-soft shadow hover:text-ink"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem !== null && (
        <p role="alert" className="px-4 pt-3 text-sm text-bad">
          {problem}
        </p>
      )}
    </>
  );
}

/** An image as it will be sent. One at an address is not loaded: the gateway fetches it, and checks it first. */
function Preview({ image }: { image: Attachment }) {
  const shown = image.shown ?? (image.url.startsWith("data:") ? image.url : undefined);
  if (shown !== undefined) {
    return <img src={shown} alt={image.name} className="size-20 rounded-xl border border-line object-cover" />;
  }
  return (
    <span className="flex h-20 max-w-56 items-center gap-2 rounded-xl border border-line bg-pane px-3 text-sm">
      <Link2 aria-hidden className="size-4 shrink-0 text-soft" />
      <span className="truncate" title={image.url}>
        {image.name}
      </span>
    </span>
  );
}

function AddressDialog({ onAdd, onClose }: { onAdd: (address: string) => void; onClose: () => void }) {
  const [address, setAddress] = useState("");
  return (
    <Dialog title="Image from an address" onClose={onClose}>
      {/* Not a form of its own: it stands in one already. */}
      <label className="block space-y-1.5 text-sm">
        <span>Address of the image</span>
        <input
          type="url"
          className="field"
          placeholder="https://"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            onAdd(address);
            onClose();
          }}
        />
      </label>
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button-primary"
          onClick={() => {
            onAdd(address);
            onClose();
          }}
        >
          Attach
        </button>
      </div>
    </Dialog>
  );
}
