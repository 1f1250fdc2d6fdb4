import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, Ellipsis, Gauge, RotateCcw, Search, ShieldCheck, ShieldOff } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useDeferredValue, useState } from "react";
import { Confirm } from "../../common/Confirm";
import { client, useConnection } from "../../common/connection";
import { wholeDay } from "../../common/format";
import { MoreButton } from "../../common/MoreButton";
import { Hint, ProblemNotice } from "../../common/Notice";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { features, me, nameOf, OPERATOR } from "../account/api";
import { type User, userPages } from "./api";
import { LimitsDialog } from "./LimitsDialog";

/** Everybody with an account. */
export function UserAdmin() {
  const connection = useConnection();
  const { data: about } = useQuery(features(connection));
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim());
  const found = useInfiniteQuery({ ...userPages(wanted), placeholderData: keepPreviousData });
  const users = found.data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <>
      {about?.local_only === true && (
        <Hint>
          In local mode nobody logs in: whoever sits at this machine is the operator. Accounts count without it.
        </Hint>
      )}
      <Card
        title="Users"
        about="An administrator sees and changes everything here. Whoever is disabled is shut out at once."
      >
        <label className="relative mb-2 block">
          <span className="sr-only">Search users</span>
          <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-4 text-soft" />
          <input
            type="search"
            className="field pl-9"
            placeholder="Name or email"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        {found.data === undefined ? (
          <Waiting query={found} />
        ) : users.length === 0 ? (
          <p className="pt-2 text-sm text-soft" role="status">
            {wanted === "" ? "Nobody yet. Invite somebody." : `Nobody is called “${wanted}”.`}
          </p>
        ) : (
          <ul aria-label="Users" className="-mb-2 divide-y divide-line">
            {users.map((user) => (
              <UserRow key={user.id} user={user} />
            ))}
          </ul>
        )}
        <MoreButton query={found} />
      </Card>
    </>
  );
}

type Ask = "limits" | "disable" | "role" | null;

function UserRow({ user }: { user: User }) {
  const connection = useConnection();
  const queries = useQueryClient();
  const { data: self } = useQuery(me(connection));
  const [asks, setAsks] = useState<Ask>(null);
  const changed = async () => {
    await queries.invalidateQueries({ queryKey: ["users"] });
    if (user.id === self?.id) await queries.invalidateQueries({ queryKey: ["me"] });
  };
  const change = async (wanted: { role?: User["role"]; disabled?: boolean }) => {
    await client().updateUser(user.id, wanted);
    await changed();
  };
  const enable = useMutation({ mutationFn: () => change({ disabled: false }) });
  const name = nameOf(user);
  const isAdmin = user.role === "admin";
  const others = [user.username, user.email].filter((each) => each !== null && each !== name).join(" · ");
  return (
    <li className="py-3">
      <div className="flex items-center gap-3">
        <span
          aria-hidden
          className="inline-flex size-9 shrink-0 items-center justify-center rounded-full bg-tint text-sm font-medium text-link"
        >
          {name.slice(0, 1).toUpperCase()}
        </span>
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
            <span className="break-words">{name}</span>
            {user.id === self?.id && <Badge>You</Badge>}
            {isAdmin && <Badge>Administrator</Badge>}
            {user.disabled && <Badge bad>Disabled</Badge>}
          </p>
          <p className="truncate text-xs text-soft">
            {others === "" ? "" : `${others} · `}since {wholeDay(user.created_at)}
          </p>
        </div>
        <DropdownMenu.Root modal={false}>
          <DropdownMenu.Trigger className="icon-button size-10" aria-label={`Options of ${name}`}>
            <Ellipsis aria-hidden className="size-4" />
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content align="end" className="menu">
              <DropdownMenu.Item className="menu-item" onSelect={() => setAsks("limits")}>
                <Gauge aria-hidden className="size-4" /> Limits
              </DropdownMenu.Item>
              {user.id !== OPERATOR && (
                <>
                  <DropdownMenu.Item className="menu-item" onSelect={() => setAsks("role")}>
                    {isAdmin ? (
                      <ShieldOff aria-hidden className="size-4" />
                    ) : (
                      <ShieldCheck aria-hidden className="size-4" />
                    )}
                    {isAdmin ? "Make a plain user" : "Make an administrator"}
                  </DropdownMenu.Item>
                  {user.disabled ? (
                    <DropdownMenu.Item className="menu-item" onSelect={() => enable.mutate()}>
                      <RotateCcw aria-hidden className="size-4" /> Enable
                    </DropdownMenu.Item>
                  ) : (
                    <DropdownMenu.Item className="menu-item text-bad" onSelect={() => setAsks("disable")}>
                      <Ban aria-hidden className="size-4" /> Disable
                    </DropdownMenu.Item>
                  )}
                </>
              )}
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      </div>
      {enable.error !== null && (
        <div className="mt-3">
          <ProblemNotice error={enable.error} />
        </div>
      )}
      {asks === "limits" && <LimitsDialog user={user} onClose={() => setAsks(null)} />}
      {asks === "disable" && (
        <Confirm
          title={`Disable ${name}?`}
          action="Disable"
          onClose={() => setAsks(null)}
          onConfirm={() => change({ disabled: true })}
        >
          Their logins, tokens and running requests stop at once. What is theirs is kept, and they can be enabled
          again.
        </Confirm>
      )}
      {asks === "role" && (
        <Confirm
          title={isAdmin ? `Make ${name} a plain user?` : `Make ${name} an administrator?`}
          action={isAdmin ? "Make a plain user" : "Make an administrator"}
          onClose={() => setAsks(null)}
          onConfirm={() => change({ role: isAdmin ? "user" : "admin" })}
        >
          {isAdmin
            ? "They can no longer change models, users, invites and limits."
            : "They can change everything on this gateway: models, users, invites and limits."}
        </Confirm>
      )}
    </li>
  );
}

function Badge({ bad = false, children }: { bad?: boolean; children: string }) {
  return (
    <span
      className={`rounded-full px-2 py-0.5 text-xs font-medium ${bad ? "bg-bad-tint text-bad" : "bg-tint text-link"}`}
    >
      {children}
    </span>
  );
}
