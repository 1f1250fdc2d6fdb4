/** A bar that shows how much of something there is; without a percentage it says that nobody knows yet. */
export function Meter({ label, percent }: { label: string; percent: number | null }) {
  const shown = percent === null ? null : Math.max(0, Math.min(100, percent));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(shown === null ? {} : { "aria-valuenow": Math.round(shown) })}
      className="h-2 overflow-hidden rounded-full bg-hover"
    >
      <div
        className={`h-full rounded-full bg-accent transition-[width] ${shown === null ? "pulse-dot w-1/3" : ""}`}
        style={shown === null ? undefined : { width: `${shown}%` }}
      />
    </div>
  );
}
