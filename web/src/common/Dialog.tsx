import { type ReactNode, useEffect, useId, useState } from "react";
import { Layer } from "./layer";

/** A dialog in front of everything else: the browser keeps the focus in it and closes it on Escape. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  const heading = useId();
  useEffect(() => {
    if (dialog === null) return;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    return () => {
      // The browser gives the focus back when it closes a dialog, not when one is taken away.
      queueMicrotask(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
      });
    };
  }, [dialog]);
  return (
    <dialog
      ref={setDialog}
      aria-labelledby={heading}
      onClose={onClose}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-2xl border border-line bg-raised p-5 shadow-2xl"
    >
      <h2 id={heading} className="mb-4 text-lg font-semibold">
        {title}
      </h2>
      <Layer value={dialog}>{children}</Layer>
    </dialog>
  );
}
