import { ConnectionSettings } from "../features/account/ConnectionSettings";
import { ThemeSettings } from "../features/account/ThemeSettings";
import { LayoutSettings } from "../features/layouts/LayoutSettings";

export function SettingsPage() {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-2xl space-y-8 px-4 py-8">
        <h1 className="text-2xl font-semibold">Settings</h1>
        <section aria-labelledby="appearance" className="space-y-3">
          <h2 id="appearance" className="font-semibold">
            Appearance
          </h2>
          <ThemeSettings />
        </section>
        <section aria-labelledby="layout" className="space-y-3">
          <h2 id="layout" className="font-semibold">
            Layout
          </h2>
          <LayoutSettings />
        </section>
        <section aria-labelledby="connection" className="space-y-3">
          <h2 id="connection" className="font-semibold">
            Connection
          </h2>
          <div className="rounded-2xl border border-line bg-raised p-5">
            <ConnectionSettings />
          </div>
        </section>
      </div>
    </div>
  );
}
