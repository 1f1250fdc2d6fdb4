import { useSearch } from "@tanstack/react-router";
import { ChartColumn, KeyRound, Palette, PlugZap, SquareTerminal, UserRound } from "lucide-react";
import { Card, type SectionLink, Sections } from "../common/Sections";
import { ConnectionSettings } from "../features/account/ConnectionSettings";
import { ProviderKeys } from "../features/credentials/ProviderKeys";
import { LayoutSettings } from "../features/layouts/LayoutSettings";
import { AppearanceSettings } from "../features/profile/AppearanceSettings";
import { ProfileSettings } from "../features/profile/ProfileSettings";
import { Tokens } from "../features/tokens/Tokens";
import { MyUsage } from "../features/usage/MyUsage";

const SECTIONS = [
  { id: "appearance", label: "Appearance", hint: "Light, dark, or as the system", Icon: Palette },
  { id: "profile", label: "Profile", hint: "Name, password, preferred models", Icon: UserRound },
  { id: "credentials", label: "Provider credentials", hint: "Your own keys with providers", Icon: KeyRound },
  { id: "tokens", label: "API tokens", hint: "For programs that call the API", Icon: SquareTerminal },
  { id: "usage", label: "My usage and limits", hint: "What is used and what is left", Icon: ChartColumn },
  { id: "connection", label: "Connection", hint: "Where the gateway is", Icon: PlugZap },
] as const satisfies readonly SectionLink<string>[];

export function SettingsPage() {
  const { section, provider } = useSearch({ from: "/house/settings" });
  const asked = SECTIONS.find(({ id }) => id === section)?.id;
  const shown = asked ?? "appearance";
  return (
    <Sections title="Settings" to="/settings" sections={SECTIONS} asked={asked} shown={shown}>
      {shown === "appearance" && (
        <>
          <AppearanceSettings />
          <Card title="Layout" about="Whether the page follows the chosen model and the device.">
            <LayoutSettings />
          </Card>
        </>
      )}
      {shown === "profile" && <ProfileSettings />}
      {shown === "credentials" && <ProviderKeys wanted={provider} />}
      {shown === "tokens" && <Tokens />}
      {shown === "usage" && <MyUsage />}
      {shown === "connection" && (
        <Card title="Connection" about="Where the API is, and whether it answers.">
          <ConnectionSettings />
        </Card>
      )}
    </Sections>
  );
}
