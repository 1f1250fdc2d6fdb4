import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CloudDownload,
  HardDriveDownload,
  LoaderCircle,
  Lock,
  type LucideIcon,
  Zap,
} from "lucide-react";
import { type Condition, STATES, type State } from "./condition";

const SHOWN: Record<State, { Icon: LucideIcon; look: string; moves?: boolean }> = {
  available: { Icon: CircleDashed, look: "text-soft bg-pane" },
  loading: { Icon: LoaderCircle, look: "text-link bg-tint", moves: true },
  loaded: { Icon: CircleCheck, look: "text-good bg-pane" },
  busy: { Icon: Zap, look: "text-good bg-pane" },
  downloading: { Icon: CloudDownload, look: "text-link bg-tint" },
  failed: { Icon: CircleAlert, look: "text-bad bg-bad-tint" },
  locked: { Icon: Lock, look: "text-note bg-note-tint" },
  evicted: { Icon: HardDriveDownload, look: "text-note bg-note-tint" },
  disabled: { Icon: Ban, look: "text-soft bg-pane" },
};

/** A model's state, as an icon and a word. */
export function StatusBadge({ condition: { state, percent } }: { condition: Condition }) {
  const { Icon, look, moves = false } = SHOWN[state];
  return (
    <span
      data-condition={state}
      className={`inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium ${look}`}
    >
      <Icon aria-hidden className={`size-3.5 ${moves ? "motion-safe:animate-spin" : ""}`} />
      {STATES[state]}
      {percent !== null && <span className="tabular-nums">{Math.floor(percent)} %</span>}
    </span>
  );
}
