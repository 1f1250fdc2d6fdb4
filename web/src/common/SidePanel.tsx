import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useNarrow } from "./device";
import { Layer } from "./layer";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** What stays in sight below what scrolls. */
  footer?: ReactNode;
}

/** Beside the page where there is room; on a phone a sheet from below. Gives the focus back when it goes. */
export function SidePanel(props: Props) {
  const narrow = useNarrow();
  const [before] = useState(() => document.activeElement);
  useEffect(() => () => void (before instanceof HTMLElement && before.focus()), [before]);
  return narrow ? <Sheet {...props} /> : <Beside {...props} />;
}

function Beside(props: Props) {
  const heading = useId();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus(), []);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-labelledby={heading}
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && props.onClose()}
      className="flex w-80 shrink-0 flex-col border-l border-line bg-page outline-none"
    >
      <Inside {...props} heading={heading} />
    </aside>
  );
}

function Sheet(props: Props) {
  const heading = useId();
  const [sheet, setSheet] = useState<HTMLDialogElement | null>(null);
  useEffect(() => {
    if (sheet?.open === false) sheet.showModal();
  }, [sheet]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the browser closes it on Escape
    <dialog
      ref={setSheet}
      aria-labelledby={heading}
      onClose={(event) => event.target === sheet && props.onClose()}
      onClick={(event) => event.target === sheet && props.onClose()}
      className="mx-0 mt-auto mb-0 max-h-[85dvh] w-full max-w-none rounded-t-2xl border-t border-line bg-page"
    >
      <div className="flex max-h-[85dvh] flex-col pb-[env(safe-area-inset-bottom)]">
        <Layer value={sheet}>
          <Inside {...props} heading={heading} />
        </Layer>
      </div>
    </dialog>
  );
}

function Inside({ title, onClose, children, footer, heading }: Props & { heading: string }) {
  return (
    <>
      <div className="flex items-center border-b border-line py-1 pr-1 pl-4">
        <h2 id={heading} className="flex-1 text-sm font-semibold">
          {title}
        </h2>
        <button type="button" className="icon-button size-10" aria-label={`Close: ${title}`} onClick={onClose}>
          <X aria-hidden className="size-4" />
        </button>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
      {footer !== undefined && <div className="border-t border-line p-3">{footer}</div>}
    </>
  );
}
