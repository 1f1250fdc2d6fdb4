/** The limits that there are, by their names in the API. */
export const LIMITS = [
  { name: "requests_per_minute", label: "Requests in a minute", unit: "count" },
  { name: "tokens_per_minute", label: "Tokens in a minute", unit: "count" },
  { name: "tokens_per_day", label: "Tokens in a day", unit: "count" },
  { name: "tokens_per_month", label: "Tokens in a month", unit: "count" },
  { name: "cost_usd_per_day", label: "US dollars in a day", unit: "dollars" },
  { name: "cost_usd_per_month", label: "US dollars in a month", unit: "dollars" },
] as const;
