import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "../../common/Confirm";
import { CopyButton } from "../../common/CopyButton";
import { client, pageBase, useConnection } from "../../common/connection";
import { wholeDay } from "../../common/format";
import { MoreButton } from "../../common/MoreButton";
import { Hint, ProblemNotice } from "../../common/Notice";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { features } from "../account/api";
import { Field } from "../account/Field";
import { type Invite, invitePages } from "./api";

/** Links with which people register. */
export function Invites() {
  const queries = useQueryClient();
  const { data: about } = useQuery(features(useConnection()));
  const invites = useInfiniteQuery(invitePages());
  const [revokes, setRevokes] = useState<Invite | null>(null);
  const all = invites.data?.pages.flatMap((page) => page.invites) ?? [];
  const changed = () => queries.invalidateQueries({ queryKey: ["invites"] });
  return (
    <>
      {about?.local_only === true && (
        <Hint>
          In local mode this page is for this machine alone: a link leads others here once the gateway runs without
          it.
        </Hint>
      )}
      <NewInvite onMade={changed} />
      <Card title="Invites" about="The links themselves are shown only when they are made.">
        {invites.data === undefined ? (
          <Waiting query={invites} />
        ) : all.length === 0 ? (
          <p className="text-sm text-soft">None yet.</p>
        ) : (
          <ul aria-label="Invites" className="-my-2 divide-y divide-line">
            {all.map((invite) => {
              const who = invite.email ?? "whoever has the link";
              const state = stateOf(invite);
              return (
                <li key={invite.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
                  <div className="min-w-0 flex-1 basis-56">
                    <p className="text-sm font-medium break-words">For {who}</p>
                    <p className="text-xs text-soft">
                      {state} · used {invite.uses} of {invite.max_uses} · made {wholeDay(invite.created_at)}
                    </p>
                  </div>
                  <button
                    type="button"
                    className="button-plain text-bad"
                    aria-label={`Revoke the invite for ${who}`}
                    onClick={() => setRevokes(invite)}
                  >
                    Revoke
                  </button>
                </li>
              );
            })}
          </ul>
        )}
        <MoreButton query={invites} />
      </Card>
      {revokes !== null && (
        <Confirm
          title="Revoke this invite?"
          action="Revoke"
          onClose={() => setRevokes(null)}
          onConfirm={async () => {
            await client().revokeInvite(revokes.id);
            await changed();
          }}
        >
          Nobody can register with its link any more. Accounts that were made with it stay.
        </Confirm>
      )}
    </>
  );
}

function stateOf(invite: Invite): string {
  if (invite.uses >= invite.max_uses) return "Used up";
  const ended = Date.parse(invite.expires_at) < Date.now();
  return `${ended ? "Expired" : "Open until"} ${wholeDay(invite.expires_at)}`;
}

function NewInvite({ onMade }: { onMade: () => void }) {
  const [email, setEmail] = useState("");
  const [days, setDays] = useState("7");
  const [uses, setUses] = useState("1");
  const make = useMutation({
    mutationFn: () =>
      client().createInvite({
        expires_days: Number(days),
        max_uses: Number(uses),
        ...(email.trim() === "" ? {} : { email: email.trim() }),
      }),
    onSuccess: () => {
      setEmail("");
      onMade();
    },
  });
  const link =
    make.data === undefined ? null : `${location.origin}${pageBase}/register?invite=${make.data.invite_token}`;
  return (
    <Card title="Invite somebody" about="Makes a link with which people register. You send it to them yourself.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
        className="space-y-4"
      >
        <div className="grid gap-4 sm:grid-cols-[1fr_7rem_7rem]">
          <Field
            label="Email"
            type="email"
            value={email}
            onChange={setEmail}
            required={false}
            autoComplete="off"
            placeholder="Anybody"
            hint="With one, nobody else can use the link."
          />
          <Field label="Valid for days" type="number" min={1} max={365} value={days} onChange={setDays} />
          <Field label="Uses" type="number" min={1} max={10_000} value={uses} onChange={setUses} />
        </div>
        {make.error !== null && <ProblemNotice error={make.error} />}
        <button type="submit" className="button-primary" disabled={make.isPending}>
          {make.isPending ? "Making…" : "Make a link"}
        </button>
      </form>
      <div role="status" className="empty:hidden">
        {link !== null && make.data !== undefined && (
          <div className="mt-5 space-y-2 rounded-xl bg-pane p-4">
            <p className="text-sm">
              Copy the link now, it is not shown again. It is good until {wholeDay(make.data.expires_at)}.
            </p>
            <div className="flex flex-wrap items-center gap-2">
              <code className="min-w-0 flex-1 basis-56 font-mono text-xs break-all select-all">{link}</code>
              <CopyButton text={link} label="Copy the link" />
            </div>
          </div>
        )}
      </div>
    </Card>
  );
}
