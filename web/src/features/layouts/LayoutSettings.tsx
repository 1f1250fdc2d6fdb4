import { ProblemNotice } from "../../common/Notice";
import { LAYOUTS, MODES } from "./layout";
import { LAYOUT_NAMES, MODE_NAMES } from "./names";
import { useLayout } from "./useLayout";

const CARD =
  "flex cursor-pointer flex-col gap-0.5 rounded-xl border border-line bg-raised p-3 text-sm hover:bg-hover has-checked:border-accent has-checked:bg-tint has-focus-visible:outline-2 has-focus-visible:outline-accent";

/** Who decides the layout, and which one it is where that is not left to the page. */
export function LayoutSettings() {
  const { choice, layout, put, error } = useLayout();
  const keepsPlace = choice.mode !== "auto";
  return (
    <div className="space-y-3">
      {error !== null && <ProblemNotice error={error} />}
      <fieldset className="grid gap-2 sm:grid-cols-3">
        <legend className="sr-only">Who decides the layout</legend>
        {MODES.map((mode) => (
          <label key={mode} className={CARD}>
            <input
              type="radio"
              name="layout-mode"
              className="sr-only"
              checked={choice.mode === mode}
              onChange={() => void put({ mode, layout: choice.mode === "auto" ? layout : choice.layout })}
            />
            <span className="font-medium">{MODE_NAMES[mode].label}</span>
            <span className="text-xs text-soft">{MODE_NAMES[mode].help}</span>
          </label>
        ))}
      </fieldset>
      {keepsPlace && (
        <fieldset className="grid gap-2 sm:grid-cols-3">
          <legend className="sr-only">Layout</legend>
          {LAYOUTS.map((offer) => (
            <label key={offer} className={CARD}>
              <input
                type="radio"
                name="layout"
                className="sr-only"
                checked={choice.layout === offer}
                onChange={() => void put({ ...choice, layout: offer })}
              />
              <span className="font-medium">{LAYOUT_NAMES[offer].label}</span>
              <span className="text-xs text-soft">{LAYOUT_NAMES[offer].help}</span>
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}
