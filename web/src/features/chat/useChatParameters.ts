import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { keep, kept } from "../../common/kept";
import { AUTO } from "../models/api";
import { modelParameters } from "../parameters/api";
import { faultOf, type Values } from "../parameters/fields";
import { useTaken } from "../parameters/useTaken";

const KEY = "pluggably.parameters";

export type ChatParametersState = ReturnType<typeof useChatParameters>;

/** The parameters that go with each message, and whether their panel is open. */
export function useChatParameters(model: string) {
  const [value, setValue] = useState<Values>(() => kept<Values>(KEY) ?? {});
  const [open, setOpen] = useState(false);
  const [read, setRead] = useState<string | null>(null);
  const change = useCallback((next: Values) => {
    setValue(next);
    keep(KEY, Object.keys(next).length === 0 ? null : next);
  }, []);
  const { data } = useQuery({ ...modelParameters(model), enabled: model !== AUTO });
  const dropped = useTaken(model, value, change);
  const known = model !== AUTO && data !== undefined;
  const ok = !known || data.fields.every((field) => faultOf(field, value[field.name]) === null);
  const says = dropped.length > 0 && !open && read !== model;
  return {
    value,
    change,
    open,
    toggle: () => setOpen(!open),
    close: () => setOpen(false),
    /** What is sent with a message: nothing where it is not known who answers. */
    sent: model === AUTO ? {} : value,
    /** Whether it can be sent; where not, the panel opens and says why. */
    show: (): boolean => {
      if (!ok) setOpen(true);
      return ok;
    },
    /** What the panel would say, were it open. */
    note: says
      ? `${dropped.join(", ")} ${dropped.length === 1 ? "is" : "are"} left out: this model does not take ${dropped.length === 1 ? "it" : "them"}.`
      : null,
    noteRead: () => setRead(model),
  };
}
