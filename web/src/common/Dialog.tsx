import { type ReactNode, type RefObject, useEffect, useId, useState } from "react";
import { Layer } from "./layer";

/**
 * A dialog in front of everything else: the browser keeps the focus in it and closes it on Escape. Afterwards the focus
 * is where it was, or at the `opener` where that has gone, as a menu's item has.
 */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  opener?: RefObject<HTMLElement | null>;
  children: ReactNode;
}) {
  const { title, onClose, wide = false, opener, children } = props;
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  const heading = useId();
  useEffect(() => {
    if (dialog === null) return;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    return () => {
      // The browser gives the focus back when it closes a dialog, not when one is taken away.
      queueMicrotask(() => {
        if (document.activeElement !== document.body) return;
        if (before instanceof HTMLElement && before.isConnected && before !== document.body) before.focus();
        else opener?.current?.focus();
      });
    };
  }, [dialog, opener]);
  return (
    <dialog
      ref={setDialog}
      aria-labelledby={heading}
      onClose={onClose}
      className={`m-auto max-h-[calc(100dvh-2rem)] overflow-y-auto outline-none ${wide ? "w-[min(44rem,calc(100vw-2rem))]" : "w-[min(28rem,calc(100vw-2rem))]"} rounded-2xl border border-line bg-raised p-5 shadow-2xl`}
    >
      <h2 id={heading} className="mb-4 text-lg font-semibold break-words">
        {title}
      </h2>
      <Layer value={dialog}>{children}</Layer>
    </dialog>
  );
}
