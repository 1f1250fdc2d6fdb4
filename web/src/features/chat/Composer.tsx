import { ArrowUp, SlidersHorizontal, Square } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { keep, kept } from "../../common/kept";
import { ModelPicker } from "../models/ModelPicker";
import { AttachButton, AttachedImages, useAttachments } from "./AttachControls";
import { type Attachment, MOST_IMAGES } from "./attachments";

interface Props {
  /** Under which name the draft outlasts a reload. */
  draftKey: string;
  /** Images that were brought here from another page. */
  brought: readonly Attachment[];
  /** What was said before, the newest last: Up recalls it. */
  said: readonly string[];
  model: string;
  /** A model was chosen, while this was written. */
  onModel: (model: string, prompt: string, images: readonly Attachment[]) => void;
  parameters: { open: boolean; changed: boolean; onToggle: () => void };
  busy: boolean;
  /** Whether Enter alone sends; Ctrl+Enter always does. */
  enterSends: boolean;
  /** False where it can't be sent as it is: then it stays. */
  onSend: (prompt: string, images: Attachment[]) => boolean;
  onStop: () => void;
}

const NEWLINE_KEYS = matchMedia("(pointer: coarse)");

/** Where a message is written: text, images, the model, send and stop. */
export function Composer(props: Props) {
  const { draftKey, brought, said, model, onModel, parameters, busy, enterSends, onSend, onStop } = props;
  const [text, setText] = useState(() => kept<string>(draftKey) ?? "");
  const [recalled, setRecalled] = useState<number | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const attachments = useAttachments(MOST_IMAGES, () => area.current?.focus(), brought);
  const { images } = attachments;

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
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (busy || (text.trim() === "" && images.length === 0)) return;
    if (!onSend(text.trim() === "" ? "What is in this image?" : text, images)) return;
    write("");
    attachments.clear();
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
  return (
    <form
      onSubmit={send}
      {...attachments.drop}
      aria-label="Message"
      className={`rounded-2xl border bg-raised shadow-sm transition-colors focus-within:border-accent ${attachments.dragging ? "border-accent bg-tint" : "border-line"}`}
    >
      <AttachedImages attachments={attachments} />
      <textarea
        ref={area}
        rows={1}
        aria-label="Message"
        placeholder={attachments.dragging ? "Drop the image here" : "Write a message"}
        value={text}
        onChange={(event) => {
          write(event.target.value);
          setRecalled(null);
        }}
        onKeyDown={onKeyDown}
        onPaste={attachments.onPaste}
        className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base outline-none placeholder:text-soft"
      />
      <div className="flex items-center gap-1 p-2">
        <AttachButton attachments={attachments} />
        <ModelPicker value={model} onChange={(chosen) => onModel(chosen, text, images)} />
        <button
          type="button"
          aria-label={parameters.changed ? "Parameters (changed)" : "Parameters"}
          title="Parameters"
          aria-expanded={parameters.open}
          onClick={parameters.onToggle}
          className="icon-button relative aria-expanded:bg-hover aria-expanded:text-ink"
        >
          <SlidersHorizontal aria-hidden className="size-4.5" />
          {parameters.changed && (
            <span className="absolute top-1 right-1 size-2 rounded-full bg-accent ring-2 ring-raised" />
          )}
        </button>
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
    </form>
  );
}
