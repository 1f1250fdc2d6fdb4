import { useTitle } from "../common/title";
import { ActivityBoard } from "../features/activity/ActivityBoard";

export function ActivityPage() {
  useTitle("Activity");
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-4xl px-4 py-8">
        <ActivityBoard />
      </div>
    </div>
  );
}
