import { X } from "lucide-react";
import { type Move, useMove } from "./useLayout";

const MAKES = { text: "writes text", image: "makes images", "3d": "makes 3D models" } as const;
const PLACES = { chat: "the chat", studio: "the Studio" } as const;

/** Tells that the page has moved with a model, or could, and lets it be undone, or kept from happening. */
export function MoveNotice() {
  const { move, dismiss, go, undo, lock } = useMove();
  return (
    <div role="status" aria-label="Layout">
      {move !== null && (
        <div className="relative flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-tint py-1.5 pr-14 pl-4 text-sm">
          <p className="min-w-0 flex-1 basis-60 py-1.5">
            <span className="font-medium break-words">{move.model}</span> {MAKES[move.brought.modality]}
            {move.kind === "moved"
              ? `: you are in ${PLACES[move.brought.to]} now${brings(move) ? ", and what you wrote came along" : ""}.`
              : `. ${capital(PLACES[move.brought.to])} is made for that.`}
          </p>
          <div className="flex flex-wrap items-center gap-1.5">
            {move.kind === "moved" ? (
              <button type="button" className="button-plain h-9 px-3 max-md:h-10" onClick={() => void undo()}>
                Back to {PLACES[move.from]}
              </button>
            ) : (
              <button type="button" className="button-plain h-9 px-3 max-md:h-10" onClick={() => void go()}>
                Go to {PLACES[move.brought.to]}
              </button>
            )}
            <button type="button" className="button-plain h-9 px-3 max-md:h-10" onClick={() => void lock()}>
              Always stay in {PLACES[move.from]}
            </button>
          </div>
          <button
            type="button"
            className="icon-button absolute top-2 right-2 size-10"
            aria-label="Close this notice"
            onClick={dismiss}
          >
            <X aria-hidden className="size-4" />
          </button>
        </div>
      )}
    </div>
  );
}

function brings({ brought }: Move): boolean {
  return brought.prompt !== "" || brought.images.length > 0;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
