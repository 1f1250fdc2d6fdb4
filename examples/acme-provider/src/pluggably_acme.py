"""Acme's oracle: `POST /v2/answers`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.credentials import BearerKey
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider, RemoteModel
from pluggably.contract.text import TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import ProviderError, UnsupportedFeature

SUPPORTED = {"max_tokens", "user"}


class AcmeText:
    """Text from Acme."""

    def prepare(self, request: TextRequest, model: str) -> Call:
        """Refuses what Acme would ignore: nothing is dropped silently."""
        for name in request.parameters:
            if name not in SUPPORTED:
                raise UnsupportedFeature(f"Acme has no `{name}`.", param=name)
        if "user" in request.parameters:
            request.warnings.append("`user`: Acme does not ask who it is; left out")
        body = {
            "oracle": model,
            "lines": [{"by": message["role"], "text": message["content"]} for message in request.messages],
            "at_most": request.parameters.get("max_tokens"),
            "live": request.stream,
        }
        return Call("/v2/answers", json.dumps(body).encode(), headers={"content-type": "application/json"})

    def parse(self, reply: Reply) -> TextResult:
        """`{"answer": "…", "read": 3, "written": 5}`, both in tokens."""
        try:
            body = json.loads(reply.body)
            return TextResult(text=body["answer"], usage=Usage(body["read"], body["written"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ProviderError("Acme's answer can't be read.") from error

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Events `piece`, then one `end`; others are new and may be skipped."""
        async for event in events:
            if event.event == "piece":
                yield TextDelta(text=json.loads(event.data)["text"])
            elif event.event == "end":
                body = json.loads(event.data)
                yield TextDelta(finish_reason="stop", usage=Usage(body["read"], body["written"]))
                return
        raise ProviderError("Acme's answer stopped in the middle.")

    def parameters(self) -> dict[str, dict[str, object] | None]:
        """What Acme's models take of OpenAI's parameters: all but `max_tokens` goes."""
        lacking = ("temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty", "format")
        more = ("json_schema", "logprobs", "top_logprobs", "tools", "tool_choice")
        return {**dict.fromkeys(lacking + more), "max_tokens": {"maximum": 1000}}

    def list_call(self) -> Call:
        """`GET /v2/oracles`."""
        return Call("/v2/oracles", method="GET")

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """`["oracle-1", …]`."""
        try:
            return [RemoteModel(str(name)) for name in json.loads(reply.body)]
        except (ValueError, TypeError) as error:
            raise ProviderError("Acme's list of oracles can't be read.") from error


provider = Provider(
    name="acme",
    title="Acme",
    base_url="https://api.acme.example",
    credentials=(BearerKey(),),
    adapters={Modality.TEXT: AcmeText()},
)
