/** Numbers and times as people read them. */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const LONG_DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const COUNT = new Intl.NumberFormat();

/** The clock's time today, else with the day. */
export function shortTime(iso: string, now = new Date()): string {
  const time = new Date(iso);
  const clock = CLOCK.format(time);
  return time.toDateString() === now.toDateString() ? clock : `${DAY.format(time)}, ${clock}`;
}

export function wholeTime(iso: string): string {
  return WHOLE.format(new Date(iso));
}

export function wholeDay(iso: string): string {
  return LONG_DAY.format(new Date(iso));
}

export function count(value: number): string {
  return COUNT.format(value);
}

/** A duration in seconds: "under a second", "8 s", "3 min". */
export function duration(seconds: number): string {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129_600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export function bytes(size: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  let value = size;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function dollars(cost: number): string {
  if (cost === 0) return "free";
  return cost < 0.01 ? `$${cost.toPrecision(2)}` : `$${cost.toFixed(2)}`;
}

/** In which part of a list that is grouped by age something belongs. */
export function ageGroup(iso: string, now = new Date()): string {
  const day = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((day(now) - day(new Date(iso))) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "This week";
  return days < 31 ? "This month" : "Older";
}

/** The day, with its year where that is another one. */
export function day(iso: string, now = new Date()): string {
  const time = new Date(iso);
  return (time.getFullYear() === now.getFullYear() ? DAY : DATE).format(time);
}

/** How long ago something was: "just now", "5 min ago", else the day. */
export function ago(iso: string, now = new Date()): string {
  const seconds = (now.getTime() - new Date(iso).getTime()) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  return shortTime(iso, now);
}
