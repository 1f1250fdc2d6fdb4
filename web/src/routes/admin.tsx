import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ChartColumn, Mail, ScrollText, Server, Users } from "lucide-react";
import { useConnection } from "../common/connection";
import { type SectionLink, Sections } from "../common/Sections";
import { me } from "../features/account/api";
import { Audit } from "../features/admin/Audit";
import { Invites } from "../features/admin/Invites";
import { ServerInfo } from "../features/admin/ServerInfo";
import { UserAdmin } from "../features/admin/UserAdmin";
import { AllUsage } from "../features/usage/AllUsage";

const SECTIONS = [
  { id: "users", label: "Users", hint: "Who may come in, as what, and how much", Icon: Users },
  { id: "invites", label: "Invites", hint: "Links with which people register", Icon: Mail },
  { id: "usage", label: "Usage", hint: "Requests, tokens and cost", Icon: ChartColumn },
  { id: "audit", label: "Audit log", hint: "Who changed what, and when", Icon: ScrollText },
  { id: "server", label: "Server", hint: "Version, engines, providers", Icon: Server },
] as const satisfies readonly SectionLink<string>[];

export function AdminPage() {
  const { section } = useSearch({ from: "/house/admin" });
  const { data: profile } = useQuery(me(useConnection()));
  const asked = SECTIONS.find(({ id }) => id === section)?.id;
  const shown = asked ?? "users";
  if (profile?.role !== "admin") {
    return (
      <div className="m-auto max-w-sm space-y-3 p-6 text-center">
        <h1 className="text-xl font-semibold">Only administrators come in here</h1>
        <p className="text-soft">Ask an administrator if you need something changed.</p>
        <Link to="/settings" className="button-plain">
          To your settings
        </Link>
      </div>
    );
  }
  return (
    <Sections title="People" to="/admin" sections={SECTIONS} asked={asked} shown={shown}>
      {shown === "users" && <UserAdmin />}
      {shown === "invites" && <Invites />}
      {shown === "usage" && <AllUsage />}
      {shown === "audit" && <Audit />}
      {shown === "server" && <ServerInfo />}
    </Sections>
  );
}
