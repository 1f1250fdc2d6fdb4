import type { Profile, Schemas } from "@pluggably/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { client, useConnection } from "../../common/connection";
import { wholeDay } from "../../common/format";
import { SaveLine } from "../../common/SaveLine";
import { Card } from "../../common/Sections";
import { Waiting } from "../../common/Waiting";
import { me, OPERATOR } from "../account/api";
import { Field } from "../account/Field";
import { modelList } from "../models/api";
import { useProfile } from "./useProfile";

/** Who somebody is here, and what they like. */
export function ProfileSettings() {
  const query = useQuery(me(useConnection()));
  if (query.data === undefined) return <Waiting query={query} />;
  const profile = query.data;
  return (
    <>
      <NameForm profile={profile} />
      <ModelForm profile={profile} />
      <ChatForm profile={profile} />
      {profile.id === OPERATOR ? (
        <Card
          title="Password"
          about="You are here as the operator, who has none: in local mode nobody logs in, and elsewhere the operator's key does."
        />
      ) : (
        <PasswordForm />
      )}
    </>
  );
}

function NameForm({ profile }: { profile: Profile }) {
  const { change } = useProfile();
  const [name, setName] = useState(profile.display_name ?? "");
  const [email, setEmail] = useState(profile.email ?? "");
  const [username, setUsername] = useState(profile.username ?? "");
  const save = (event: FormEvent) => {
    event.preventDefault();
    const changed: Schemas["ProfileChange"] = {};
    if (name.trim() !== (profile.display_name ?? "")) changed.display_name = name.trim();
    if (email.trim() !== (profile.email ?? "")) changed.email = email.trim();
    if (username.trim() !== (profile.username ?? "")) changed.username = username.trim();
    change.mutate(changed);
  };
  const role = profile.role === "admin" ? "Administrator" : "User";
  return (
    <Card title="Who you are" about={`${role} since ${wholeDay(profile.created_at)}.`}>
      <form onSubmit={save} onChange={() => change.reset()} className="space-y-4">
        <Field
          label="Name"
          value={name}
          onChange={setName}
          required={profile.display_name !== null}
          maxLength={255}
          autoComplete="name"
        />
        {profile.id !== OPERATOR && (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="Email"
              type="email"
              value={email}
              onChange={setEmail}
              required={profile.email !== null}
              autoComplete="email"
            />
            <Field
              label="User name"
              value={username}
              onChange={setUsername}
              required={profile.username !== null}
              autoComplete="username"
              autoCapitalize="none"
            />
          </div>
        )}
        <SaveLine state={change} label="Save profile" />
      </form>
    </Card>
  );
}

const KINDS = [
  { modality: "text", label: "Text" },
  { modality: "image", label: "Images" },
  { modality: "3d", label: "3D" },
] as const;

/** What Auto chooses for this user. */
function ModelForm({ profile }: { profile: Profile }) {
  const { change } = useProfile();
  const models = useQuery(modelList());
  const [chosen, setChosen] = useState<Record<string, string>>(() =>
    Object.fromEntries(KINDS.map(({ modality }) => [modality, profile.preferred_models[modality] ?? ""])),
  );
  const save = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      preferred_models: Object.fromEntries(Object.entries(chosen).map(([kind, model]) => [kind, model || null])),
    });
  };
  return (
    <Card
      title="Preferred models"
      about="New chats begin with your model for text, and Auto goes to these first, in programs too."
    >
      {models.data === undefined ? (
        <Waiting query={models} />
      ) : (
        <form onSubmit={save} className="space-y-4">
          <div className="grid gap-4 sm:grid-cols-3">
            {KINDS.map(({ modality, label }) => {
              const value = chosen[modality] ?? "";
              const offered = models.data.filter((model) => model.modality === modality);
              return (
                <label key={modality} className="block min-w-0 space-y-1.5 text-sm">
                  <span className="block font-medium">{label}</span>
                  <select
                    className="field"
                    value={value}
                    onChange={(event) => {
                      setChosen({ ...chosen, [modality]: event.target.value });
                      change.reset();
                    }}
                  >
                    <option value="">Auto</option>
                    {value !== "" && !offered.some(({ id }) => id === value) && (
                      <option value={value}>{value} (not here now)</option>
                    )}
                    {offered.map(({ id, name, provider }) => (
                      <option key={id} value={id}>
                        {provider === "local" ? name : `${name} · ${provider}`}
                      </option>
                    ))}
                  </select>
                </label>
              );
            })}
          </div>
          <SaveLine state={change} label="Save models" />
        </form>
      )}
    </Card>
  );
}

function ChatForm({ profile }: { profile: Profile }) {
  const { change } = useProfile();
  const [sends, setSends] = useState(profile.preferences.enter_sends !== false);
  const choose = (wanted: boolean) => {
    setSends(wanted);
    change.mutate({ preferences: { enter_sends: wanted } }, { onError: () => setSends(!wanted) });
  };
  return (
    <Card title="Writing messages">
      <label className="flex min-h-10 items-center gap-3 text-sm">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={sends}
          onChange={(event) => choose(event.target.checked)}
        />
        <span>
          Enter sends the message
          <span className="block text-xs text-soft">
            Shift+Enter breaks the line. Otherwise Enter does, and Ctrl+Enter sends.
          </span>
        </span>
      </label>
      {change.error !== null && (
        <p role="alert" className="mt-2 text-sm text-bad">
          That could not be saved. Try again in a moment.
        </p>
      )}
    </Card>
  );
}

function PasswordForm() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => client().changePassword({ current_password: current, new_password: next }),
    onSuccess: () => {
      setCurrent("");
      setNext("");
    },
  });
  return (
    <Card title="Password" about="A new password ends every other login of yours. API tokens stay.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
        className="space-y-4"
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Current password"
            type="password"
            value={current}
            onChange={setCurrent}
            autoComplete="current-password"
          />
          <Field
            label="New password"
            type="password"
            value={next}
            onChange={setNext}
            autoComplete="new-password"
            minLength={8}
            hint="At least 8 characters."
          />
        </div>
        <SaveLine state={change} label="Change password" done="Changed; other logins have ended" />
      </form>
    </Card>
  );
}
