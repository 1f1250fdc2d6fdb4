import type { ReactNode } from "react";
import { Logo } from "../../common/Logo";

/** The frame of the pages before the house: log in, register, connect. */
export function Front({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex flex-col items-center gap-3 text-center">
          <Logo className="size-12" />
          <h1 className="text-xl font-semibold">{title}</h1>
        </div>
        <div className="rounded-2xl border border-line bg-raised p-6 shadow-sm">{children}</div>
      </div>
    </main>
  );
}
