import type { Message, ModelInfo } from "@pluggably/client";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { SidePanel } from "../../common/SidePanel";
import { ModelPicker } from "../models/ModelPicker";
import type { Values } from "../parameters/fields";
import { ParameterPanel } from "../parameters/ParameterPanel";
import type { ChatParametersState } from "./useChatParameters";

interface Props {
  model: string;
  models: readonly ModelInfo[] | undefined;
  parameters: ChatParametersState;
}

/** The parameters of the messages to come. */
export function ChatParameters({ model, models, parameters }: Props) {
  const modality = models?.find(({ id }) => id === model)?.modality ?? "text";
  return (
    <SidePanel title="Parameters" onClose={parameters.close}>
      <ParameterPanel model={model} modality={modality} value={parameters.value} onChange={parameters.change} />
    </SidePanel>
  );
}

interface AgainProps {
  message: Message;
  onClose: () => void;
  onAgain: (model: string, parameters: Values) => void;
}

/** The parameters of an answer, to be changed before it is asked for again. */
export function AgainPanel({ message, onClose, onAgain }: AgainProps) {
  const [model, setModel] = useState(message.model ?? "");
  const [value, setValue] = useState<Values>(message.parameters ?? {});
  const [ok, setOk] = useState(true);
  return (
    <SidePanel
      title="Answer again"
      onClose={onClose}
      footer={
        <button
          type="button"
          className="button-primary w-full"
          disabled={!ok || model === ""}
          onClick={() => onAgain(model, model === "auto" ? {} : value)}
        >
          <RefreshCw aria-hidden className="size-4" /> Answer again
        </button>
      }
    >
      <div className="space-y-5">
        <ModelPicker value={model} onChange={setModel} />
        <ParameterPanel model={model} modality={message.modality} value={value} onChange={setValue} onValid={setOk} />
      </div>
    </SidePanel>
  );
}
