import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { modelParameters } from "./api";
import { capitalised, taken, type Values } from "./fields";

/** Leaves out what a model that has just been chosen does not take; the labels of what was left out. */
export function useTaken(model: string, value: Values, onChange: (value: Values) => void): string[] {
  const { data } = useQuery({ ...modelParameters(model), enabled: model !== "auto" && model !== "" });
  const labels = useRef(new Map<string, string>());
  const looked = useRef<string | null>(null);
  const [left, setLeft] = useState<{ model: string; labels: string[] }>({ model, labels: [] });
  useEffect(() => {
    if (data === undefined || looked.current === data.model) return;
    // What was written for this very model stays, so that it can be mended.
    const found = taken(data.fields, value, looked.current === null);
    looked.current = data.model;
    setLeft({
      model: data.model,
      labels: found.dropped.map((name) => labels.current.get(name) ?? capitalised(name)),
    });
    for (const { name, label } of data.fields) labels.current.set(name, label);
    if (found.dropped.length > 0) onChange(found.values);
  }, [data, value, onChange]);
  return left.model === model ? left.labels : [];
}
