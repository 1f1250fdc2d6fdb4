import { Monitor, Moon, Sun } from "lucide-react";
import { Hint } from "../../common/Notice";
import { Card } from "../../common/Sections";
import { chooseTheme, THEMES, type Theme, useTheme } from "../../common/theme";
import { useProfile } from "./useProfile";

const SHOWN = {
  system: { label: "System", Icon: Monitor },
  light: { label: "Light", Icon: Sun },
  dark: { label: "Dark", Icon: Moon },
};

/** The theme: at once on this device, and kept in the profile for others. */
export function AppearanceSettings() {
  const chosen = useTheme();
  const { change } = useProfile();
  const choose = (theme: Theme) => {
    chooseTheme(theme);
    change.mutate({ preferences: { theme } });
  };
  return (
    <Card title="Theme" about="How Pluggably looks on this device, and on others where you choose nothing else.">
      <fieldset className="grid grid-cols-3 gap-2">
        <legend className="sr-only">Theme</legend>
        {THEMES.map((theme) => {
          const { label, Icon } = SHOWN[theme];
          return (
            <label
              key={theme}
              className="flex cursor-pointer flex-col items-center gap-2 rounded-xl border border-line bg-raised p-4 text-sm hover:bg-hover has-checked:border-accent has-checked:bg-tint has-focus-visible:outline-2 has-focus-visible:outline-accent"
            >
              <input
                type="radio"
                name="theme"
                value={theme}
                checked={chosen === theme}
                onChange={() => choose(theme)}
                className="sr-only"
              />
              <Icon aria-hidden className="size-5" />
              {label}
            </label>
          );
        })}
      </fieldset>
      {change.isError && (
        <div className="mt-3">
          <Hint>It holds on this device. It could not be kept in your profile; choose it again to try again.</Hint>
        </div>
      )}
    </Card>
  );
}
