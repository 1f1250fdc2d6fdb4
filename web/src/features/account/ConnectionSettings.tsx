import { Pluggably } from "@pluggably/client";
import { CircleCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { connectTo, useConnection } from "../../common/connection";
import { ProblemNotice } from "../../common/Notice";

type Outcome = { version: string } | { error: unknown } | "asking" | null;

/** Where the API is, and whether it answers. */
export function ConnectionSettings() {
  const connection = useConnection();
  const [address, setAddress] = useState(connection.address);
  const [outcome, setOutcome] = useState<Outcome>(null);
  const test = async () => {
    setOutcome("asking");
    try {
      const asked = new Pluggably({ baseUrl: address, retries: 0, timeouts: { connect: 3000, read: 5000 } });
      await asked.health();
      setOutcome({ version: (await asked.version()).version });
    } catch (error) {
      setOutcome({ error });
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    try {
      connectTo(address);
      void test();
    } catch (error) {
      setOutcome({ error });
    }
  };
  return (
    <form onSubmit={save} className="space-y-4">
      <label className="block space-y-1.5 text-sm">
        <span className="font-medium">Address of the API</span>
        <input
          type="url"
          required
          className="field read-only:bg-pane read-only:text-soft"
          placeholder="https://gateway.example.com"
          value={address}
          readOnly={connection.fixed}
          onChange={(event) => {
            setAddress(event.target.value);
            setOutcome(null);
          }}
        />
      </label>
      {connection.fixed && (
        <p className="text-sm text-soft">This page comes from the gateway itself and talks to it.</p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {!connection.fixed && (
          <button type="submit" className="button-primary">
            Save
          </button>
        )}
        <button type="button" className="button-plain" disabled={outcome === "asking"} onClick={() => void test()}>
          {outcome === "asking" ? "Testing…" : "Test connection"}
        </button>
        {outcome !== null && outcome !== "asking" && "version" in outcome && (
          <span role="status" className="inline-flex items-center gap-1.5 text-sm font-medium text-good">
            <CircleCheck aria-hidden className="size-5" /> Connected to Pluggably {outcome.version}
          </span>
        )}
      </div>
      {outcome !== null && outcome !== "asking" && "error" in outcome && <ProblemNotice error={outcome.error} />}
    </form>
  );
}
