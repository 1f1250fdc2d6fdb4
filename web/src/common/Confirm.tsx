import { type ReactNode, type RefObject, useState } from "react";
import { Dialog } from "./Dialog";
import { ProblemNotice } from "./Notice";

/** Asks before something is done that can't be undone; stays open, and says why, where it fails. */
export function Confirm(props: {
  title: string;
  /** What the button says. */
  label: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  opener?: RefObject<HTMLElement | null>;
  children: ReactNode;
}) {
  const { title, label, onConfirm, onClose, opener, children } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} {...(opener === undefined ? {} : { opener })}>
      <div className="space-y-3 text-sm">{children}</div>
      {error !== null && (
        <div className="mt-4">
          <ProblemNotice error={error} />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="button-primary" disabled={busy} onClick={() => void confirm()}>
          {busy ? "One moment…" : label}
        </button>
      </div>
    </Dialog>
  );
}
