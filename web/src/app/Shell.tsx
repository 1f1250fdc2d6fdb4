import { Link, Outlet } from "@tanstack/react-router";
import { Activity, Boxes, Images, Menu, Settings, SquarePen, Users, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Logo } from "../common/Logo";
import { Layer } from "../common/layer";
import { TroubleNotice } from "../common/TroubleNotice";
import { AccountLine } from "../features/account/AccountLine";
import { useIsAdmin } from "../features/account/api";
import { LayoutSwitch } from "../features/layouts/LayoutSwitch";
import { MoveNotice } from "../features/layouts/MoveNotice";
import { useLayout, useStart } from "../features/layouts/useLayout";
import { SessionList } from "../features/sessions/SessionList";

/** The pages beside the chats. */
const PAGES = [
  { to: "/studio", label: "Studio", Icon: Images, adminsOnly: false },
  { to: "/models", label: "Models", Icon: Boxes, adminsOnly: false },
  { to: "/activity", label: "Activity", Icon: Activity, adminsOnly: false },
  { to: "/admin", label: "People", Icon: Users, adminsOnly: true },
  { to: "/settings", label: "Settings", Icon: Settings, adminsOnly: false },
] as const;

/** What stands around every page: the left pane, which on a phone comes in from the side. */
export function Shell() {
  const [drawer, setDrawer] = useState<HTMLDialogElement | null>(null);
  const close = () => drawer?.close();
  const { layout } = useLayout();
  useStart();
  const beside = layout === "compact" ? "hidden" : "hidden md:flex";
  const above = layout === "compact" ? "" : "md:hidden";
  return (
    <div data-layout={layout} className={`flex h-dvh flex-col ${layout === "compact" ? "" : "md:flex-row"}`}>
      <button
        type="button"
        onClick={() => document.getElementById("main")?.focus()}
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the content
      </button>
      <aside aria-label="Left pane" className={`w-72 shrink-0 flex-col border-r border-line bg-pane ${beside}`}>
        <Pane onChosen={() => undefined}>
          <LayoutSwitch className="-my-2" />
        </Pane>
      </aside>
      <header className={`flex items-center gap-1 border-b border-line px-2 py-1.5 ${above}`}>
        <button
          type="button"
          className="icon-button size-10"
          aria-label="Open the left pane"
          onClick={() => drawer?.showModal()}
        >
          <Menu aria-hidden className="size-5" />
        </button>
        <span className="flex flex-1 items-center justify-center gap-2 font-semibold">
          <Logo className="size-6" /> Pluggably
        </span>
        <LayoutSwitch className="size-10" />
        <Link to="/" className="icon-button size-10" aria-label="New chat">
          <SquarePen aria-hidden className="size-5" />
        </Link>
      </header>
      <dialog
        ref={setDrawer}
        aria-label="Left pane"
        onClick={(event) => event.target === drawer && close()}
        onKeyDown={(event) => event.key === "Escape" && close()}
        className={`m-0 h-dvh max-h-none w-[min(20rem,85vw)] border-r border-line bg-pane ${above}`}
      >
        <div className="flex h-full flex-col">
          <button
            type="button"
            className="icon-button absolute top-3 right-2"
            aria-label="Close the left pane"
            onClick={close}
          >
            <X aria-hidden className="size-5" />
          </button>
          <Layer value={drawer}>
            <Pane onChosen={close} />
          </Layer>
        </div>
      </dialog>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <TroubleNotice />
        <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col outline-none">
          <MoveNotice />
          <Outlet />
        </main>
      </div>
    </div>
  );
}

function Pane({ onChosen, children }: { onChosen: () => void; children?: ReactNode }) {
  const isAdmin = useIsAdmin();
  return (
    <>
      <div className="flex items-center gap-2.5 px-4 pt-4 pb-3 font-semibold">
        <Logo /> <span className="flex-1">Pluggably</span>
        {children}
      </div>
      <div className="px-3 pb-3">
        <Link to="/" onClick={onChosen} className="button-plain w-full justify-start px-3">
          <SquarePen aria-hidden className="size-4" /> New chat
        </Link>
      </div>
      <SessionList onChosen={onChosen} />
      <div className="space-y-1 border-t border-line p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
        {PAGES.filter(({ adminsOnly }) => !adminsOnly || isAdmin).map(({ to, label, Icon }) => (
          <Link
            key={to}
            to={to}
            onClick={onChosen}
            className="flex h-10 items-center gap-2.5 rounded-lg px-3 text-sm hover:bg-hover aria-[current=page]:bg-hover"
          >
            <Icon aria-hidden className="size-4" /> {label}
          </Link>
        ))}
        <AccountLine />
      </div>
    </>
  );
}
