"""Anthropic's requests in the gateway's own language."""

from __future__ import annotations

from typing import Any

import pytest

from pluggably.compat.messages_request import CARRIED, Chat, carrier_of, chat_of, has_images, without_our_own
from pluggably.compat.messages_schemas import CountTokensRequest, MessagesRequest
from pluggably.errors import PluggablyError, UnsupportedFeature, ValidationFailed

pytestmark = pytest.mark.req("SYS-REQ-002")

HELLO: list[Any] = [{"role": "user", "content": "Hi"}]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aaaa"}}
TOOL = {"name": "f", "input_schema": {"type": "object"}}
THINKS: dict[str, Any] = {"properties": {"reasoning_effort": {"enum": ["low", "medium", "high"]}}}


def chat(messages: list[Any] | None = None, schema: dict[str, Any] | None = None, **more: Any) -> Chat:
    body = MessagesRequest.model_validate({"messages": messages or HELLO, "max_tokens": 8, **more})
    return chat_of(body, schema or {})


def test_images_keep_their_place_and_their_address() -> None:
    content = [
        IMAGE,
        {"type": "text", "text": "and"},
        {"type": "image", "source": {"type": "url", "url": "https://x/y"}},
    ]
    assert chat([{"role": "user", "content": content}]).messages[0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}},
        {"type": "text", "text": "and"},
        {"type": "image_url", "image_url": {"url": "https://x/y"}},
    ]


def test_the_images_of_a_result_follow_it_in_the_users_words() -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [IMAGE]}
    told = chat([*HELLO, {"role": "user", "content": [result, {"type": "text", "text": "Well?"}]}]).messages
    assert told[1] == {"role": "tool", "tool_call_id": "t1", "content": "The images follow."}
    parts = told[2]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "text"]
    assert "t1" in parts[0]["text"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, ""),
        ("42", "42"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\n\nb"),
        ([], ""),
    ],
)
def test_results_may_be_a_text_or_blocks_or_nothing(content: Any, told: str) -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": content}
    assert chat([{"role": "user", "content": [result]}]).messages == [
        {"role": "tool", "tool_call_id": "t1", "content": told}
    ]


def test_several_results_are_several_messages() -> None:
    results = [{"type": "tool_result", "tool_use_id": name, "content": name} for name in ("t1", "t2")]
    assert [message["role"] for message in chat([{"role": "user", "content": results}]).messages] == ["tool", "tool"]


def test_a_call_without_words_has_none() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    (message,) = chat([{"role": "assistant", "content": [call]}]).messages
    assert message["content"] is None
    assert message["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}


def test_a_system_message_among_the_others_stays_where_it_is() -> None:
    told = chat([*HELLO, {"role": "system", "content": "Now in French."}], system="Be brief.").messages
    assert [message["role"] for message in told] == ["system", "user", "system"]


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        ({"type": "tool", "name": "f"}, {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        (
            {"type": "any", "disable_parallel_tool_use": True},
            {"tool_choice": "required", "parallel_tool_calls": False},
        ),
        (None, {}),
    ],
)
def test_every_choice_of_tools_has_its_word(choice: Any, told: dict[str, Any]) -> None:
    parameters = chat(tools=[TOOL], tool_choice=choice).parameters
    assert {name: parameters[name] for name in ("tool_choice", "parallel_tool_calls") if name in parameters} == told


def test_a_tool_says_all_that_it_is() -> None:
    tool = {**TOOL, "type": "custom", "description": "d", "strict": True, "cache_control": {"type": "ephemeral"}}
    function = {"name": "f", "parameters": {"type": "object"}, "description": "d", "strict": True}
    assert chat(tools=[tool]).parameters["tools"] == [{"type": "function", "function": function}]


@pytest.mark.parametrize(
    ("asked", "effort"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 30000}}, "high"),
        ({"thinking": {"type": "adaptive"}}, "medium"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, "low"),
        ({"output_config": {"effort": "high"}}, "high"),
        ({"thinking": {"type": "disabled"}}, None),
        ({}, None),
    ],
)
def test_thinking_is_an_effort_where_the_model_has_one(asked: dict[str, Any], effort: str | None) -> None:
    made = chat(schema=THINKS, **asked)
    assert (made.parameters.get("reasoning_effort"), made.warnings) == (effort, [])
    without = chat(**asked)
    assert "reasoning_effort" not in without.parameters
    assert bool(without.warnings) == (effort is not None)


def test_an_effort_that_the_model_lacks_is_told() -> None:
    made = chat(schema=THINKS, output_config={"effort": "max"})
    assert "reasoning_effort" not in made.parameters
    assert "output_config.effort" in made.warnings[0]


def test_an_output_format_is_a_schema_that_binds() -> None:
    schema = {"type": "array"}
    made = chat(output_config={"format": {"type": "json_schema", "schema": schema}})
    assert made.parameters["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": schema}


@pytest.mark.parametrize("name", ["metadata", "service_tier", "cache_control"])
def test_what_changes_nothing_is_accepted_without_a_word(name: str) -> None:
    made = chat(**{name: {"x": 1}})
    assert (made.parameters, made.warnings) == ({"max_tokens": 8}, [])


def test_what_only_the_vendor_can_follow_and_does_no_harm_is_told() -> None:
    assert "context_management" in chat(context_management={"edits": []}).warnings[0]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"container": "c1"}, "container"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"something_new": 1}, "something_new"),
        ({"tools": [{"type": "computer_20250124", "name": "computer"}]}, "tools.0"),
        ({"system": [IMAGE]}, "system.0"),
        ({"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]}, "messages.0.content.0"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file"}}]}]},
            "messages.0.content.0.source",
        ),
    ],
)
def test_what_can_not_be_said_is_refused_by_its_place(change: dict[str, Any], param: str) -> None:
    with pytest.raises(UnsupportedFeature) as refusal:
        chat(**change)
    assert refusal.value.param == param


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ({"type": "tool_use", "id": "t", "name": "f"}, "input"),
        ({"type": "tool_use", "id": "t", "name": "f", "input": "{}"}, "input"),
        ({"type": "tool_use", "id": 7, "name": "f", "input": {}}, "id"),
        ({"type": "text", "text": 7}, "text"),
    ],
)
def test_a_broken_block_is_refused_by_its_field(block: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        chat([{"role": "assistant", "content": [block]}])
    assert refusal.value.param == f"messages.0.content.0.{place}"


@pytest.mark.parametrize("content", [7, [7], [{"text": "no type"}]])
def test_a_broken_result_is_refused(content: Any) -> None:
    with pytest.raises(PluggablyError) as refusal:
        chat([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": content}]}])
    assert (refusal.value.param or "").startswith("messages.0.content.0.content")


def test_what_a_block_carried_goes_back_with_its_call_alone() -> None:
    extra = {"google": {"thought_signature": "CiQB"}}
    calls = [{"type": "tool_use", "id": name, "name": "f", "input": {}} for name in ("t1", "t2")]
    (message,) = chat([{"role": "assistant", "content": [carrier_of({"t1": extra}), *calls]}]).messages
    assert [call.get("extra_content") for call in message["tool_calls"]] == [extra, None]


@pytest.mark.parametrize("data", ["", "EqQB", *(CARRIED + end for end in ("", "%%%", "WzFd", "eyJ0IjoxfQ==")), 7])
def test_a_carrier_that_was_tampered_with_carries_nothing(data: Any) -> None:
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    content = [{"type": "redacted_thinking", "data": data}, call]
    (message,) = chat([{"role": "assistant", "content": content}]).messages
    assert "extra_content" not in message["tool_calls"][0]


def test_the_vendor_gets_its_own_thoughts_back_and_no_others() -> None:
    signed = {"type": "thinking", "thinking": "t", "signature": "EqQB"}
    redacted = {"type": "redacted_thinking", "data": "EqQB"}
    ours = [{"type": "thinking", "thinking": "t", "signature": ""}, carrier_of({"t": {}})]
    fields = {"messages": [*HELLO, {"role": "assistant", "content": [signed, *ours, redacted]}], "x": 1}
    assert without_our_own(fields) == {
        "messages": [*HELLO, {"role": "assistant", "content": [signed, redacted]}],
        "x": 1,
    }


@pytest.mark.parametrize(
    ("content", "has"),
    [
        ("text", False),
        ([{"type": "text", "text": "x"}], False),
        ([IMAGE], True),
        ([{"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}], True),
        ([{"type": "tool_result", "tool_use_id": "t", "content": "x"}], False),
    ],
)
def test_images_are_found_wherever_they_are(content: Any, has: bool) -> None:
    body = CountTokensRequest.model_validate({"messages": [{"role": "user", "content": content}]})
    assert has_images(body) is has
