"""Google's Gemini: `POST /v1beta/models/MODEL:generateContent`, streamed `:streamGenerateContent?alt=sse`.

Source of the format: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.credentials import HeaderKey, OAuthToken, ServiceAccount
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider, RemoteModel
from pluggably.contract.text import FinishReason, TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import ContentRefused, ProviderError, UnsupportedFeature, ValidationFailed
from pluggably.providers._errors import error_in_stream
from pluggably.providers._translation import (
    Parameters,
    arguments_of,
    chosen_tool,
    count_in,
    data_of,
    functions_of,
    json_schema_of,
    model_in_path,
    models_in,
    parts_of,
    stop_list,
    text_of,
    wants_json,
)

_VENDOR = "Google"
_JSON_HEADERS = {"content-type": "application/json"}
_FINISH: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
}
_BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"})
_LEVELS = ("minimal", "low", "medium", "high")
_BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576}
_BUDGET_FAMILIES = ("gemini-2.5",)
"""Models that know a budget of tokens to think with and no levels (https://ai.google.dev/gemini-api/docs/thinking)."""


class GeminiText:
    """Text from Google's Gemini models."""

    def prepare(self, request: TextRequest, model: str) -> Call:
        """The call. Raises `ModelNotFound`, `UnsupportedFeature` or `ValidationFailed` for what can't be."""
        given = Parameters(request, _VENDOR)
        system, contents = _conversation(request, given)
        body: dict[str, Any] = {"contents": contents}
        if system:
            body["systemInstruction"] = {"parts": [{"text": system}]}
        config: dict[str, Any] = {}
        given.move(
            config,
            temperature="temperature",
            top_p="topP",
            top_k="topK",
            seed="seed",
            presence_penalty="presencePenalty",
            frequency_penalty="frequencyPenalty",
            logprobs="responseLogprobs",
            top_logprobs="logprobs",
            thinking_config="thinkingConfig",
        )
        longest = given.take("max_completion_tokens", "max_tokens")
        if longest is not None:
            config["maxOutputTokens"] = longest
        stop = given.take("stop")
        if stop is not None:
            config["stopSequences"] = stop_list(stop)
        self._thinking(config, model, given)
        self._format(config, given)
        self._tools(body, given)
        given.move(body, safety_settings="safetySettings", cached_content="cachedContent")
        given.finish()
        if config:
            body["generationConfig"] = config
        method = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
        name = model_in_path(model.removeprefix("models/"))
        folder = "" if "/" in name else "/models"
        return Call(f"{folder}/{name}:{method}", to_json(body), headers=_JSON_HEADERS)

    def count_call(self, request: TextRequest, model: str) -> Call:
        """`POST /v1beta/models/MODEL:countTokens`. Raises what `prepare` does."""
        call = self.prepare(request, model)
        path = call.path.rpartition(":")[0]
        body = {"generateContentRequest": {"model": path.removeprefix("/"), **from_json(call.body or b"{}")}}
        return Call(f"{path}:countTokens", to_json(body), headers=_JSON_HEADERS)

    def parse_count(self, reply: Reply) -> int:
        """Its `totalTokens`. Raises `ProviderError`."""
        return count_in(reply, "totalTokens")

    @staticmethod
    def _thinking(config: dict[str, Any], model: str, given: Parameters) -> None:
        effort = given.take("reasoning_effort")
        if effort is None:
            return
        if "thinkingConfig" in config:
            raise ValidationFailed.of("reasoning_effort", "can't go with `thinking_config`")
        if model.startswith(_BUDGET_FAMILIES):
            if effort not in _BUDGETS:
                raise ValidationFailed.of("reasoning_effort", f"{model} has {', '.join(_BUDGETS)}")
            config["thinkingConfig"] = {"thinkingBudget": _BUDGETS[effort], "includeThoughts": effort != "none"}
            return
        if effort not in _LEVELS:
            raise ValidationFailed.of("reasoning_effort", f"{_VENDOR} has {', '.join(_LEVELS)}")
        config["thinkingConfig"] = {"thinkingLevel": effort, "includeThoughts": True}

    @staticmethod
    def _format(config: dict[str, Any], given: Parameters) -> None:
        wanted = given.take("response_format")
        if not wants_json(wanted):
            return
        config["responseMimeType"] = "application/json"
        schema = json_schema_of(wanted)
        if schema is not None:
            config["responseJsonSchema"] = schema["schema"]

    @staticmethod
    def _tools(body: dict[str, Any], given: Parameters) -> None:
        functions = functions_of(given.take("tools"))
        choice = given.take("tool_choice")
        if not functions:
            if choice not in (None, "none", "auto"):
                raise ValidationFailed.of("tool_choice", "needs at least one tool", "missing")
            return
        declarations = []
        for function in functions:
            told = {"name": function["name"], "description": function.get("description") or function["name"]}
            if function.get("parameters"):
                told["parametersJsonSchema"] = function["parameters"]
            if function.get("strict"):
                given.warn("tools", f"{_VENDOR} has no `strict` functions; left out")
            declarations.append(told)
        body["tools"] = [{"functionDeclarations": declarations}]
        if choice is None:
            return
        calling: dict[str, Any] = {"mode": {"required": "ANY", "none": "NONE"}.get(str(choice), "AUTO")}
        name = chosen_tool(choice)
        if name is not None:
            calling = {"mode": "ANY", "allowedFunctionNames": [name]}
        body["toolConfig"] = {"functionCallingConfig": calling}

    def parse(self, reply: Reply) -> TextResult:
        """Read a whole answer. Raises `ContentRefused`, or `ProviderError` if it is none."""
        result = TextResult()
        reader = _Reader()
        try:
            deltas = reader.read(from_json(reply.body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's answer is not one of Gemini's.") from error
        if not reader.finished:
            raise ProviderError("The provider's answer has no end.")
        thoughts = []
        for delta in deltas:
            result.text += delta.text or ""
            thoughts.append(delta.reasoning or "")
            for call in delta.tool_calls or ():
                result.tool_calls = result.tool_calls or []
                result.tool_calls.append({key: value for key, value in call.items() if key != "index"})
            result.logprobs = delta.logprobs or result.logprobs
            result.finish_reason = delta.finish_reason or result.finish_reason
            result.usage = delta.usage or result.usage
        result.reasoning = "".join(thoughts) or None
        return result

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer. Raises what an error inside it stands for, `ContentRefused` or `ProviderError`."""
        reader = _Reader()
        async for event in events:
            if not event.data:
                continue
            try:
                deltas = reader.read(from_json(event.data))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderError("The provider's stream holds what is no answer of Gemini's.") from error
            for delta in deltas:
                yield delta
        if not reader.finished:
            raise ProviderError("The provider's stream ended before the answer did.")

    def parameters(self) -> Mapping[str, Mapping[str, Any] | None]:
        """What differs from OpenAI's."""
        return {
            "top_k": {
                "title": "Top k",
                "description": "Choose among this many of the likeliest tokens.",
                "type": "integer",
                "minimum": 1,
                "maximum": 1000,
                "examples": [40],
            },
            "seed": {"minimum": -(2**31), "maximum": 2**31 - 1},
            "reasoning_effort": {
                "title": "Thinking",
                "description": "How much the model thinks before it answers; not every model can.",
                "type": "string",
                "enum": ["none", *_LEVELS],
                "examples": ["low"],
            },
        }

    def list_call(self) -> Call:
        """`GET /models`, the first page."""
        return Call("/models?pageSize=1000", method="GET")

    def next_list_call(self, reply: Reply) -> Call | None:
        """The page of `nextPageToken`."""
        token = from_json(reply.body).get("nextPageToken")
        if not isinstance(token, str) or not token:
            return None
        return Call(f"/models?pageSize=1000&pageToken={quote(token, safe='')}", method="GET")

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """Read a page: the models that generate content. Raises `ProviderError`."""
        return models_in(reply, lambda body: body.get("models") or (), _model)


class _Reader:
    """Follows one answer, whole or piece by piece: each piece has the shape of a whole one."""

    def __init__(self) -> None:
        self.finished = False
        self._said = False
        self._calls = 0

    def read(self, body: Any) -> list[TextDelta]:
        """What a piece brings. Raises `ContentRefused`, `ProviderError`, and what an error in it stands for."""
        if isinstance(body, list):  # an error without `alt=sse` comes in a list
            body = body[0] if body else {}
        if body.get("error"):
            raise error_in_stream(body["error"])
        blocked = (body.get("promptFeedback") or {}).get("blockReason")
        if blocked:
            raise ContentRefused(f"{_VENDOR} refused the prompt ({str(blocked)[:100]}).")
        deltas = []
        for candidate in body.get("candidates") or ():
            deltas += self._candidate(candidate)
        usage = _usage(body.get("usageMetadata"))
        if usage is not None:
            deltas.append(TextDelta(usage=usage))
        return deltas

    def _candidate(self, candidate: dict[str, Any]) -> list[TextDelta]:
        deltas = [delta for part in (candidate.get("content") or {}).get("parts") or () for delta in self._part(part)]
        self._said = self._said or bool(deltas)
        logprobs = _logprobs(candidate.get("logprobsResult"))
        if logprobs is not None:
            deltas.append(TextDelta(logprobs=logprobs))
        reason = candidate.get("finishReason")
        if not reason or reason == "FINISH_REASON_UNSPECIFIED":
            return deltas
        said = candidate.get("finishMessage")
        said = f": {said[:500]}" if isinstance(said, str) and said else "."
        if reason in _BROKEN:
            raise ProviderError(f"The model's answer can't be read ({reason}){said}")
        finish = _FINISH.get(reason, "stop")
        if finish == "content_filter" and not self._said:
            raise ContentRefused(f"{_VENDOR} refused to answer ({reason}){said}")
        self.finished = True
        deltas.append(TextDelta(finish_reason="tool_calls" if self._calls and finish == "stop" else finish))
        return deltas

    def _part(self, part: dict[str, Any]) -> list[TextDelta]:
        signature = part.get("thoughtSignature")
        call = part.get("functionCall")
        if isinstance(call, dict):
            self._calls += 1
            function = {"name": call["name"], "arguments": to_json(call.get("args") or {}).decode()}
            told = {
                "index": self._calls - 1,
                "id": call.get("id") or f"call_{secrets.token_hex(12)}",
                "type": "function",
                "function": function,
            }
            if signature:
                told["extra_content"] = {"google": {"thought_signature": signature}}
            return [TextDelta(tool_calls=[told])]
        text = part.get("text")
        if not isinstance(text, str) or not text:
            return []
        return [TextDelta(reasoning=text) if part.get("thought") else TextDelta(text=text)]


def _conversation(request: TextRequest, given: Parameters) -> tuple[str, list[dict[str, Any]]]:
    """The system instruction and the turns; a function's result needs the name of the function that was called."""
    system: list[str] = []
    turns: list[dict[str, Any]] = []
    called: dict[str, str] = {}
    for message in request.messages:
        role, content = message.get("role"), message.get("content")
        if role in ("system", "developer"):
            if turns:
                given.warn("messages", f"a {role} message stood after others; {_VENDOR} gets it at the beginning")
            system.append(text_of(content))
            continue
        if role == "user":
            parts = _parts(content)
        elif role == "assistant":
            parts = _parts(content)
            for call in message.get("tool_calls") or ():
                called[str(call.get("id"))] = str((call.get("function") or {}).get("name"))
                parts.append(_call(call))
        elif role == "tool":
            parts = [_result(message, called)]
        else:
            raise UnsupportedFeature(f"{_VENDOR} has no message of the role {role!r}.", param="messages")
        speaker = "model" if role == "assistant" else "user"
        if turns and turns[-1]["role"] == speaker:
            turns[-1]["parts"] += parts
        elif parts:
            turns.append({"role": speaker, "parts": parts})
    return "\n\n".join(text for text in system if text), turns


def _parts(content: Any) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for kind, value in parts_of(content):
        if kind == "image":
            data = data_of(value)
            if data is None:
                raise UnsupportedFeature(f"{_VENDOR} takes images as data URLs only.", param="messages")
            parts.append({"inlineData": {"mimeType": data[0], "data": data[1]}})
        elif value:
            parts.append({"text": value})
    return parts


def _call(call: dict[str, Any]) -> dict[str, Any]:
    name = (call.get("function") or {}).get("name")
    part: dict[str, Any] = {"functionCall": {"name": name, "args": arguments_of(call), "id": call.get("id")}}
    extra = call.get("extra_content")
    own = extra.get("google") if isinstance(extra, dict) else None
    if isinstance(own, dict) and own.get("thought_signature"):
        part["thoughtSignature"] = own["thought_signature"]
    return part


def _result(message: dict[str, Any], called: dict[str, str]) -> dict[str, Any]:
    call_id = str(message.get("tool_call_id"))
    if call_id not in called:
        raise ValidationFailed.of("messages", f"no tool call before has the id {call_id[:100]!r}")
    text = text_of(message.get("content"))
    try:
        value = from_json(text)
    except ValueError:
        value = text
    response = value if isinstance(value, dict) else {"result": value}
    return {"functionResponse": {"name": called[call_id], "response": response, "id": call_id}}


def _usage(told: Any) -> Usage | None:
    if not isinstance(told, dict):
        return None
    thought = _int(told.get("thoughtsTokenCount"))
    return Usage(
        prompt_tokens=(_int(told.get("promptTokenCount")) or 0) + (_int(told.get("toolUsePromptTokenCount")) or 0),
        completion_tokens=(_int(told.get("candidatesTokenCount")) or 0) + (thought or 0),
        cached_prompt_tokens=_int(told.get("cachedContentTokenCount")),
        reasoning_tokens=thought,
    )


def _logprobs(result: Any) -> dict[str, Any] | None:
    """OpenAI's `logprobs` from the chosen and the likeliest tokens of each place."""
    if not isinstance(result, dict):
        return None
    tops = result.get("topCandidates") or []
    content = []
    for place, token in enumerate(result.get("chosenCandidates") or ()):
        top = tops[place].get("candidates") or () if place < len(tops) else ()
        content.append({**_token(token), "top_logprobs": [_token(other) for other in top]})
    return {"content": content} if content else None


def _token(candidate: dict[str, Any]) -> dict[str, Any]:
    text = str(candidate.get("token", ""))
    return {"token": text, "logprob": candidate.get("logProbability"), "bytes": list(text.encode())}


def _model(row: dict[str, Any]) -> RemoteModel | None:
    if "generateContent" not in (row.get("supportedGenerationMethods") or ()):
        return None
    return RemoteModel(
        name=str(row["name"]).removeprefix("models/")[:200],
        context_length=_int(row.get("inputTokenLimit")),
        description=row["description"] if isinstance(row.get("description"), str) else None,
    )


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

provider = Provider(
    name="google",
    title="Google Gemini",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    adapters={Modality.TEXT: GeminiText()},
    credentials=(HeaderKey("x-goog-api-key"), OAuthToken(), ServiceAccount(_SCOPE)),
)
