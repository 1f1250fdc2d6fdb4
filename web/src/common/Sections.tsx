import { Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface SectionLink<Id extends string> {
  id: Id;
  label: string;
  hint: string;
  Icon: LucideIcon;
}

interface Props<Id extends string> {
  title: string;
  to: "/settings" | "/admin";
  sections: readonly SectionLink<Id>[];
  /** What the address asks for; on a phone nothing stands for the list of sections. */
  asked: Id | undefined;
  shown: Id;
  children: ReactNode;
}

/** A page of sections: beside a list of them on a desk, behind it on a phone. */
export function Sections<Id extends string>({ title, to, sections, asked, shown, children }: Props<Id>) {
  const label = sections.find(({ id }) => id === shown)?.label ?? title;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable]">
      <div className="mx-auto max-w-5xl px-4 py-4 md:px-8 md:py-8">
        <h1 className={`text-2xl font-semibold ${asked === undefined ? "" : "max-md:sr-only"}`}>{title}</h1>
        {asked !== undefined && (
          <Link to={to} className="-ml-2 inline-flex h-10 items-center gap-1 pr-3 text-sm text-link md:hidden">
            <ChevronLeft aria-hidden className="size-4" /> {title}
          </Link>
        )}
        <div className={`gap-10 md:mt-6 md:flex ${asked === undefined ? "mt-4" : "mt-1"}`}>
          <nav
            aria-label={title}
            className={`md:block md:w-52 md:shrink-0 ${asked === undefined ? "" : "max-md:hidden"}`}
          >
            <ul className="max-md:divide-y max-md:divide-line max-md:overflow-hidden max-md:rounded-2xl max-md:border max-md:border-line max-md:bg-raised md:space-y-0.5">
              {sections.map(({ id, label, hint, Icon }) => (
                <li key={id}>
                  <Link
                    to={to}
                    search={{ section: id }}
                    aria-current={id === shown ? "page" : undefined}
                    activeProps={{}}
                    className="flex min-h-14 items-center gap-3 px-4 text-sm hover:bg-hover md:min-h-9 md:gap-2.5 md:rounded-lg md:px-2.5 md:aria-[current=page]:bg-hover md:aria-[current=page]:font-medium"
                  >
                    <Icon aria-hidden className="size-5 shrink-0 text-soft md:size-4" />
                    <span className="min-w-0 flex-1">
                      {label}
                      <span className="block truncate text-xs text-soft md:hidden">{hint}</span>
                    </span>
                    <ChevronRight aria-hidden className="size-4 shrink-0 text-soft md:hidden" />
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <section
            aria-label={label}
            className={`min-w-0 flex-1 space-y-6 ${asked === undefined ? "max-md:hidden" : ""}`}
          >
            {children}
          </section>
        </div>
      </div>
    </div>
  );
}

/** A part of a section: a heading, what it is about, and its content on a card. */
export function Card(props: { title: string; about?: ReactNode; action?: ReactNode; children?: ReactNode }) {
  return (
    <div className="rounded-2xl border border-line bg-raised">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3 p-5">
        <div className="min-w-0 flex-1 basis-60">
          <h2 className="font-semibold">{props.title}</h2>
          {props.about !== undefined && <p className="mt-1 text-sm text-soft">{props.about}</p>}
        </div>
        {props.action}
      </div>
      {props.children !== undefined && <div className="px-5 pb-5">{props.children}</div>}
    </div>
  );
}
