import { useEffect, useRef, useState } from "react";
import { count, dollars } from "../../common/format";
import { daily, type Group, type Metric, roundUp } from "./days";

const METRICS: readonly { metric: Metric; label: string }[] = [
  { metric: "requests", label: "Requests" },
  { metric: "total_tokens", label: "Tokens" },
  { metric: "cost_usd", label: "Cost" },
];

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

export function shown(metric: Metric, value: number | null): string {
  if (metric !== "cost_usd") return count(value ?? 0);
  return value === null ? "no price" : value === 0 ? "$0" : dollars(value);
}

/** What is counted. */
export function MetricChoice({ metric, onChange }: { metric: Metric; onChange: (metric: Metric) => void }) {
  return (
    <fieldset className="flex gap-1 rounded-lg bg-pane p-1">
      <legend className="sr-only">What is counted</legend>
      {METRICS.map((each) => (
        <button
          key={each.metric}
          type="button"
          aria-pressed={metric === each.metric}
          onClick={() => onChange(each.metric)}
          className="h-10 rounded-md px-3 text-sm text-soft hover:text-ink aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-sm sm:h-8"
        >
          {each.label}
        </button>
      ))}
    </fieldset>
  );
}

const HEIGHT = 180;
const FOOT = 22;
const LEFT = 48;

/** A bar for each day, with the same numbers as a table below. */
export function DayChart({ groups, metric, days }: { groups: readonly Group[]; metric: Metric; days: number }) {
  const [marked, setMarked] = useState<number | null>(null);
  const [figure, width] = useWidth();
  const bars = daily(groups, metric, days);
  const top = roundUp(Math.max(...bars.map(([, value]) => value)));
  const label = METRICS.find((each) => each.metric === metric)?.label ?? "";
  const sum = bars.reduce((total, [, value]) => total + value, 0);
  const step = (width - LEFT) / bars.length;
  const every = Math.ceil(56 / step);
  const ticks = metric !== "cost_usd" && top % 2 !== 0 ? [0, 1] : [0, 0.5, 1];
  const height = (value: number) => ((HEIGHT - FOOT - 8) * value) / top;
  const told = marked === null ? undefined : bars[marked];
  return (
    <figure ref={figure} className="space-y-2">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`${label} by day: ${shown(metric, sum)} in the last ${days} days; the table below has each day.`}
        className="block h-45 w-full"
        onMouseLeave={() => setMarked(null)}
      >
        {ticks.map((part) => {
          const y = HEIGHT - FOOT - height(top * part);
          return (
            <g key={part}>
              <line x1={LEFT} x2={width} y1={y} y2={y} className="stroke-line" strokeWidth="1" />
              <text x={LEFT - 6} y={y + 4} textAnchor="end" className="fill-soft text-[11px]">
                {short(metric, top * part)}
              </text>
            </g>
          );
        })}
        {bars.map(([day, value], place) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the table below has the same for who has no pointer
          <g key={day} onMouseEnter={() => setMarked(place)}>
            <rect x={LEFT + place * step} y={0} width={step} height={HEIGHT - FOOT} fill="transparent" />
            <rect
              x={LEFT + place * step + step * 0.15}
              y={HEIGHT - FOOT - height(value)}
              width={step * 0.7}
              height={height(value)}
              rx={Math.min(3, step * 0.2)}
              className={marked === place ? "fill-link" : "fill-accent"}
            />
            {place % every === (bars.length - 1) % every && (
              <text
                x={Math.min(LEFT + (place + 0.5) * step, width - 20)}
                y={HEIGHT - 5}
                textAnchor="middle"
                className="fill-soft text-[11px]"
              >
                {DAY.format(new Date(day))}
              </text>
            )}
          </g>
        ))}
      </svg>
      <figcaption className="flex flex-wrap items-center justify-between gap-2 text-xs text-soft">
        <span>
          {told === undefined
            ? `${shown(metric, sum)} in ${days} days (of UTC)`
            : `${DAY.format(new Date(told[0]))}: ${shown(metric, told[1])}`}
        </span>
      </figcaption>
      <details className="text-sm">
        <summary className="inline-flex min-h-10 items-center text-link hover:underline">Show as a table</summary>
        <table className="mt-1 w-full text-left text-sm">
          <caption className="sr-only">{label} by day</caption>
          <thead className="text-xs text-soft">
            <tr>
              <th scope="col" className="py-1 font-medium">
                Day
              </th>
              <th scope="col" className="py-1 text-right font-medium">
                {label}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {[...bars].reverse().map(([day, value]) => (
              <tr key={day}>
                <th scope="row" className="py-1 font-normal">
                  {DAY.format(new Date(day))}
                </th>
                <td className="py-1 text-right tabular-nums">{shown(metric, value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** How many pixels a figure has from side to side: letters in a drawing that is scaled would be scaled too. */
function useWidth(): [React.RefObject<HTMLElement | null>, number] {
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const watched = new ResizeObserver(([entry]) => setWidth(Math.max(240, entry?.contentRect.width ?? 0)));
    if (figure.current !== null) watched.observe(figure.current);
    return () => watched.disconnect();
  }, []);
  return [figure, width];
}

function short(metric: Metric, value: number): string {
  const number = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 4 }).format(value);
  return metric === "cost_usd" ? `$${number}` : number;
}

interface SharesProps {
  title: string;
  groups: readonly Group[];
  metric: Metric;
  nameOf: (group: Group) => string;
}

/** Who or what used how much, the most first: a table whose rows have bars. */
export function Shares({ title, groups, metric, nameOf }: SharesProps) {
  const sorted = [...groups].sort((a, b) => (b[metric] ?? 0) - (a[metric] ?? 0));
  const most = Math.max(...sorted.map((group) => group[metric] ?? 0), Number.MIN_VALUE);
  return (
    <table className="w-full table-fixed text-left text-sm">
      <caption className="sr-only">{title}</caption>
      <thead className="text-xs text-soft">
        <tr>
          <th scope="col" className="w-1/2 py-1.5 font-medium">
            {title}
          </th>
          <th scope="col" className="py-1.5 text-right font-medium">
            Requests
          </th>
          <th scope="col" className="py-1.5 text-right font-medium">
            Tokens
          </th>
          <th scope="col" className="py-1.5 text-right font-medium">
            Cost
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {sorted.map((group) => (
          <tr key={`${group.model} ${group.user}`}>
            <th scope="row" className="py-2 pr-4 font-normal">
              <span className="block truncate" title={nameOf(group)}>
                {nameOf(group)}
              </span>
              <span aria-hidden className="mt-1 block h-1.5 overflow-hidden rounded-full bg-pane">
                <svg
                  viewBox="0 0 100 1"
                  preserveAspectRatio="none"
                  className="block h-full w-full"
                  aria-hidden="true"
                >
                  <rect width={(100 * (group[metric] ?? 0)) / most} height="1" className="fill-accent" />
                </svg>
              </span>
            </th>
            <td className="py-2 text-right align-top tabular-nums">
              {count(group.requests)}
              {group.errors > 0 && <span className="block text-xs text-bad">{count(group.errors)} failed</span>}
            </td>
            <td className="py-2 text-right align-top tabular-nums">{count(group.total_tokens)}</td>
            <td className="py-2 text-right align-top tabular-nums">{shown("cost_usd", group.cost_usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
