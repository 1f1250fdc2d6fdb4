import { Check, LayoutPanelLeft, Lock } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { LAYOUTS } from "./layout";
import { LAYOUT_NAMES, MODE_NAMES } from "./names";
import { useLayout } from "./useLayout";

/** Which layout is shown, in a menu that changes it. */
export function LayoutSwitch({ className = "" }: { className?: string }) {
  const { choice, layout, choose } = useLayout();
  const chosen = choice.mode === "auto" ? "auto" : choice.layout;
  const label = `Layout: ${LAYOUT_NAMES[layout].label}, ${MODE_NAMES[choice.mode].label.toLowerCase()}`;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={`icon-button ${className}`} aria-label={label} title={label}>
        <LayoutPanelLeft aria-hidden className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu w-64" align="end" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.RadioGroup
            value={chosen}
            onValueChange={(value) => {
              const wanted = LAYOUTS.find((known) => known === value);
              const mode = choice.mode === "locked" ? "locked" : "manual";
              void choose(wanted === undefined ? { ...choice, mode: "auto" } : { mode, layout: wanted });
            }}
          >
            <Entry value="auto" label="Automatic" help="Follows the model and the device" />
            {LAYOUTS.map((value) => (
              <Entry key={value} value={value} label={LAYOUT_NAMES[value].label} help={LAYOUT_NAMES[value].help} />
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.CheckboxItem
            className="menu-item"
            checked={choice.mode === "locked"}
            onCheckedChange={(locked) =>
              void choose(locked ? { mode: "locked", layout } : { ...choice, mode: "manual" })
            }
          >
            <Lock aria-hidden className="size-4" />
            <span className="flex-1">Lock this layout</span>
            <DropdownMenu.ItemIndicator>
              <Check aria-hidden className="size-4 text-link" />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.CheckboxItem>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Entry({ value, label, help }: { value: string; label: string; help: string }) {
  return (
    <DropdownMenu.RadioItem value={value} className="menu-item">
      <span className="min-w-0 flex-1">
        <span className="block font-medium">{label}</span>
        <span className="block text-xs text-soft">{help}</span>
      </span>
      <DropdownMenu.ItemIndicator>
        <Check aria-hidden className="size-4 text-link" />
      </DropdownMenu.ItemIndicator>
    </DropdownMenu.RadioItem>
  );
}
