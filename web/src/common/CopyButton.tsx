import { Check, Copy } from "lucide-react";
import { useState } from "react";

/** Copies a text; where the browser forbids it, the text beside the button can be copied by hand. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("failed");
    }
    setTimeout(() => setState("idle"), 2000);
  };
  return (
    <button type="button" className="button-plain shrink-0" onClick={() => void copy()}>
      {state === "copied" ? (
        <Check aria-hidden className="size-4 text-good" />
      ) : (
        <Copy aria-hidden className="size-4" />
      )}
      <span aria-live="polite">{state === "copied" ? "Copied" : state === "failed" ? "Copy it by hand" : label}</span>
    </button>
  );
}
