import { useMutation } from "@tanstack/react-query";
import type { ReactNode, RefObject } from "react";
import { Dialog } from "./Dialog";
import { ProblemNotice } from "./Notice";

interface Props {
  title: string;
  /** What the button that does it says. */
  action: string;
  onClose: () => void;
  /** Does it; the question goes away once it is done, and says why where it fails. */
  onConfirm: () => Promise<unknown>;
  opener?: RefObject<HTMLElement | null>;
  /** What is lost. */
  children: ReactNode;
}

/** Asks before something that can't be taken back. */
export function Confirm({ title, action, onClose, onConfirm, opener, children }: Props) {
  const act = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <Dialog title={title} onClose={onClose} {...(opener === undefined ? {} : { opener })}>
      <div className="space-y-3 text-sm text-soft">{children}</div>
      {act.error !== null && (
        <div className="mt-4">
          <ProblemNotice error={act.error} />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button-plain" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button-plain font-semibold text-bad"
          disabled={act.isPending}
          onClick={() => act.mutate()}
        >
          {act.isPending ? "One moment…" : action}
        </button>
      </div>
    </Dialog>
  );
}
