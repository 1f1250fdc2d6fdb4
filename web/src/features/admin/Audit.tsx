import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { shortTime, wholeTime } from "../../common/format";
import { MoreButton } from "../../common/MoreButton";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { nameOf, OPERATOR } from "../account/api";
import { auditPages, type Deed, userList } from "./api";
import { ACTIONS, described } from "./deeds";

/** Who did what, and when. */
export function Audit() {
  const [action, setAction] = useState("");
  const [actor, setActor] = useState("");
  const users = useQuery(userList());
  const deeds = useInfiniteQuery(auditPages(action, actor));
  const names = new Map([
    [OPERATOR, "operator"],
    ...(users.data ?? []).map((user) => [user.id, nameOf(user)] as const),
  ]);
  const found = deeds.data?.pages.flatMap((page) => page.audit) ?? [];
  return (
    <Card
      title="Audit log"
      about="Changes to accounts, keys, invites, limits and models, without secrets and prompts."
    >
      <div className="mb-3 grid gap-3 sm:grid-cols-2">
        <label className="block space-y-1.5 text-sm">
          <span className="block font-medium">What</span>
          <select className="field" value={action} onChange={(event) => setAction(event.target.value)}>
            <option value="">Everything</option>
            {Object.entries(ACTIONS).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="block space-y-1.5 text-sm">
          <span className="block font-medium">Who</span>
          <select className="field" value={actor} onChange={(event) => setActor(event.target.value)}>
            <option value="">Everybody</option>
            {[...names].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {deeds.data === undefined ? (
        <Waiting query={deeds} />
      ) : found.length === 0 ? (
        <p className="text-sm text-soft" role="status">
          {action === "" && actor === ""
            ? "Nothing has been changed yet."
            : "Nothing like this. Choose another filter."}
        </p>
      ) : (
        <ol aria-label="What was done" className="-mb-2 divide-y divide-line">
          {found.map((deed) => (
            <DeedLine key={deed.id} deed={deed} names={names} />
          ))}
        </ol>
      )}
      <MoreButton query={deeds} />
    </Card>
  );
}

function DeedLine({ deed, names }: { deed: Deed; names: ReadonlyMap<string, string> }) {
  const details = Object.entries(deed.details);
  return (
    <li className="py-2.5 text-sm">
      <details>
        <summary className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 rounded-md py-0.5 hover:bg-hover">
          <time
            dateTime={deed.at}
            title={wholeTime(deed.at)}
            className="w-28 shrink-0 text-xs text-soft tabular-nums"
          >
            {shortTime(deed.at)}
          </time>
          <span className="min-w-0 flex-1 basis-52 break-words">
            <span className="font-medium">{names.get(deed.actor_id) ?? deed.actor_id}</span> {described(deed.action)}
            {deed.target_id !== deed.actor_id && (
              <span className="text-soft"> {names.get(deed.target_id) ?? deed.target_id}</span>
            )}
          </span>
        </summary>
        <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-lg bg-pane p-3 text-xs">
          {[
            ["When", wholeTime(deed.at)],
            ["Action", deed.action],
            ["Proved by", deed.actor_kind.replaceAll("_", " ")],
            ["On", `${deed.target_type.replaceAll("_", " ")} ${deed.target_id}`],
            ["From", deed.address ?? "this machine"],
            ...(deed.request_id === null ? [] : [["Request", deed.request_id]]),
            ...details.map(([name, value]) => [name.replaceAll("_", " "), JSON.stringify(value)]),
          ].map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd className="min-w-0 break-all">{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}
