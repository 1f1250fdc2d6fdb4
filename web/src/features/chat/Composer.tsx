import { ArrowUp, ImagePlus, Link2, Paperclip, Square, X } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import {
  type ClipboardEvent,
  type DragEvent,
  type FormEvent,
  type KeyboardEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Dialog } from "../../common/Dialog";
import { keep, kept } from "../../common/kept";
import { ModelPicker } from "../models/ModelPicker";
import { type Attachment, fromAddress, fromFile, IMAGE_TYPES, MOST_IMAGES } from "./attachments";

interface Props {
  /** Under which name the draft outlasts a reload. */
  draftKey: string;
  /** What was said before, the newest last: Up recalls it. */
  said: readonly string[];
  model: string;
  onModel: (model: string) => void;
  busy: boolean;
  /** Whether Enter alone sends; Ctrl+Enter always does. */
  enterSends: boolean;
  onSend: (prompt: string, images: Attachment[]) => void;
  onStop: () => void;
}

const NEWLINE_KEYS = matchMedia("(pointer: coarse)");

/** Where a message is written: text, images, the model, send and stop. */
export function Composer({ draftKey, said, model, onModel, busy, enterSends, onSend, onStop }: Props) {
  const [text, setText] = useState(() => kept<string>(draftKey) ?? "");
  const [images, setImages] = useState<Attachment[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [dragging, setDragging] = useState(false);
  const [asksAddress, setAsksAddress] = useState(false);
  const [recalled, setRecalled] = useState<number | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, innerHeight * 0.4)}px`;
  }, [text]);
  useEffect(() => {
    if (!NEWLINE_KEYS.matches) area.current?.focus();
  }, []);

  const write = (next: string) => {
    setText(next);
    keep(draftKey, next === "" ? null : next);
  };
  const attach = async (chosen: Iterable<File>) => {
    setProblem(null);
    for (const file of chosen) {
      try {
        const image = await fromFile(file);
        setImages((before) => {
          if (before.length < MOST_IMAGES) return [...before, image];
          setProblem(`At most ${MOST_IMAGES} images go with a message.`);
          return before;
        });
      } catch (error) {
        setProblem((error as Error).message);
      }
    }
    area.current?.focus();
  };
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (busy || (text.trim() === "" && images.length === 0)) return;
    onSend(text.trim() === "" ? "What is in this image?" : text, images);
    write("");
    setImages([]);
    setProblem(null);
    setRecalled(null);
  };
  const recall = (place: number) => {
    setRecalled(place);
    write(said[place] ?? "");
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    const breaks = event.shiftKey || NEWLINE_KEYS.matches || !enterSends;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || !breaks)) {
      send(event);
    } else if (event.key === "ArrowUp" && said.length > 0 && (text === "" || recalled !== null)) {
      recall(Math.max(0, (recalled ?? said.length) - 1));
      event.preventDefault();
    } else if (event.key === "ArrowDown" && recalled !== null) {
      if (recalled + 1 < said.length) recall(recalled + 1);
      else {
        write("");
        setRecalled(null);
      }
      event.preventDefault();
    } else if (event.key === "Escape" && busy) onStop();
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
  const addAddress = (address: string): boolean => {
    try {
      const image = fromAddress(address);
      setImages((before) => [...before, image].slice(0, MOST_IMAGES));
      setProblem(null);
      return true;
    } catch (error) {
      setProblem((error as Error).message);
      return false;
    }
  };

  return (
    <form
      onSubmit={send}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={onDrop}
      aria-label="Message"
      className={`rounded-2xl border bg-raised shadow-sm transition-colors focus-within:border-accent ${dragging ? "border-accent bg-tint" : "border-line"}`}
    >
      {images.length > 0 && (
        <ul aria-label="Attached images" className="flex flex-wrap gap-2 px-3 pt-3">
          {images.map((image) => (
            <li key={image.id} className="relative">
              <Preview image={image} />
              <button
                type="button"
                aria-label={`Remove ${image.name}`}
                onClick={() => setImages((before) => before.filter(({ id }) => id !== image.id))}
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
      <textarea
        ref={area}
        rows={1}
        aria-label="Message"
        placeholder={dragging ? "Drop the image here" : "Write a message"}
        value={text}
        onChange={(event) => {
          write(event.target.value);
          setRecalled(null);
        }}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base outline-none placeholder:text-soft"
      />
      <div className="flex items-center gap-1 p-2">
        <DropdownMenu.Root modal={false}>
          <DropdownMenu.Trigger className="icon-button" aria-label="Attach an image">
            <ImagePlus aria-hidden className="size-5" />
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content className="menu" align="start" side="top" sideOffset={6}>
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
            void attach([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <ModelPicker value={model} onChange={onModel} />
        <span className="flex-1" />
        {busy ? (
          <button
            type="button"
            aria-label="Stop"
            onClick={onStop}
            className="inline-flex size-9 items-center justify-center rounded-full bg-ink text-page hover:opacity-85"
          >
            <Square aria-hidden className="size-3.5 fill-current" />
          </button>
        ) : (
          <button
            type="submit"
            aria-label="Send"
            disabled={text.trim() === "" && images.length === 0}
            className="inline-flex size-9 items-center justify-center rounded-full bg-accent text-on-accent transition-opacity hover:brightness-110 disabled:opacity-40"
          >
            <ArrowUp aria-hidden className="size-5" />
          </button>
        )}
      </div>
      {asksAddress && <AddressDialog onAdd={addAddress} onClose={() => setAsksAddress(false)} />}
    </form>
  );
}

/** An image as it will be sent. One at an address is not loaded: the gateway fetches it, and checks it first. */
function Preview({ image }: { image: Attachment }) {
  if (image.url.startsWith("data:")) {
    return <img src={image.url} alt={image.name} className="size-20 rounded-xl border border-line object-cover" />;
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

function AddressDialog({ onAdd, onClose }: { onAdd: (address: string) => boolean; onClose: () => void }) {
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
