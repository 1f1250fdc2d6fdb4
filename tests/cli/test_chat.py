"""run: one prompt, and a chat at a terminal."""

from __future__ import annotations

import asyncio

from tests.fakes.gateway import RESPONSE, SELECTION, Answer, Stream, envelope

SELECTED = ("selected", {"request_id": "req_1", "selection": SELECTION})


def answer(*pieces: str, **changes: object) -> Stream:
    deltas = [("delta", {"text": piece}) for piece in pieces]
    return Stream((SELECTED, *deltas, ("output", {**RESPONSE, **changes})))


async def test_one_prompt_prints_its_answer_and_nothing_else(pluggably, server):
    server.on("POST /v1/generate", answer("Good ", "däy."))
    result = await pluggably("run", "tiny", "-p", "Hello", "--system", "Be kind.")
    assert (result.status, result.out, result.err) == (0, "Good däy.\n", "")
    body = server.requests[0].body
    assert body["model"] == "tiny"
    assert body["input"]["messages"] == [{"role": "user", "content": "Hello"}]
    assert body["system_prompt"] == "Be kind."


async def test_options_become_parameters_with_their_types(pluggably, server):
    server.on("POST /v1/generate", answer("Yes."))
    options = ["-o", "max_tokens=5", "-o", 'stop=["."]', "-o", "format=text", "--option", "seed=null"]
    assert (await pluggably("run", "-p", "Hello", *options)).status == 0
    assert server.requests[0].body["parameters"] == {"max_tokens": 5, "stop": ["."], "format": "text", "seed": None}
    wrong = await pluggably("run", "-p", "Hello", "-o", "max_tokens")
    assert (wrong.status, len(server.requests)) == (2, 1)
    assert "NAME=VALUE" in wrong.err


async def test_text_that_is_piped_in_is_the_prompt_or_follows_it(pluggably, server):
    server.on("POST /v1/generate", answer("Yes."))
    assert (await pluggably("run", given="Is it?\n")).out == "Yes.\n"
    await pluggably("run", "auto", "-p", "Sum up:", given="A long text.\n")
    asked = [request.body["input"]["messages"][0]["content"] for request in server.requests]
    assert asked == ["Is it?", "Sum up:\n\nA long text."]


async def test_json_prints_the_whole_reply(pluggably, server):
    server.on("POST /v1/generate", answer("Good day."))
    result = await pluggably("run", "auto", "-p", "Hello", "--json")
    assert result.json()["usage"]["total_tokens"] == 6


async def test_warnings_and_the_limit_of_tokens_go_to_stderr(pluggably, server):
    server.on("POST /v1/generate", answer("Go", warnings=["the prompt is long"], finish_reason="length"))
    result = await pluggably("run", "auto", "-p", "Hello")
    assert result.out == "Go\n"
    assert "the prompt is long" in result.err
    assert "limit of tokens" in result.err


async def test_a_failure_in_the_middle_leaves_status_1_and_one_line(pluggably, server):
    crash = envelope("runtime_crashed", "The model's process ended.")
    server.on("POST /v1/generate", Stream((SELECTED, ("delta", {"text": "Go"}), ("error", crash))))
    result = await pluggably("run", "auto", "-p", "Hello")
    assert (result.status, result.err) == (1, "pluggably: The model's process ended.\n")


async def test_a_chat_remembers_and_forgets(pluggably, server):
    server.on("GET /health", Answer({"status": "ok"}))
    server.on("POST /v1/generate", answer("First."), answer("Second."), answer("Third."))
    async with pluggably.terminal("run", "tiny") as terminal:
        await terminal.see(">>> ")
        await terminal.type("One\n")
        await terminal.see("First.\n>>> ")
        await terminal.type("Two\n")
        await terminal.see("Second.\n>>> ")
        await terminal.type("/clear\n")
        await terminal.see("forgotten.\n>>> ")
        await terminal.type("Three\n")
        await terminal.see("Third.\n>>> ")
        await terminal.type("/exit\n")
        assert await terminal.end() == 0
    sent = [request.body["input"]["messages"] for request in server.requests if request.method == "POST"]
    assert [[message["content"] for message in messages] for messages in sent] == [
        ["One"],
        ["One", "First.", "Two"],
        ["Three"],
    ]
    assert [message["role"] for message in sent[1]] == ["user", "assistant", "user"]


async def test_ctrl_c_stops_the_answer_and_the_chat_goes_on(pluggably, server):
    server.on("GET /health", Answer({"status": "ok"}))
    endless = Stream((SELECTED, ("delta", {"text": "On and on"})), then="stall")
    server.on("POST /v1/generate", endless, answer("Done."))
    async with pluggably.terminal("run") as terminal:
        await terminal.see(">>> ")
        await terminal.type("Go\n")
        await terminal.see("On and on")
        await terminal.press_ctrl_c()
        await terminal.see("(stopped)\n>>> ")
        await asyncio.wait_for(server.left.wait(), 5)
        await terminal.type("Again\n")
        await terminal.see("Done.\n>>> ")
        await terminal.type("\x04")
        assert await terminal.end() == 0
    told = server.requests[-1].body["input"]["messages"]
    assert [message["content"] for message in told] == ["Go", "On and on", "Again"]


async def test_ctrl_c_during_a_single_prompt_ends_with_130(pluggably, server):
    server.on("POST /v1/generate", Stream((SELECTED, ("delta", {"text": "On and on"})), then="stall"))
    async with pluggably.terminal("run", "auto", "-p", "Go") as terminal:
        await terminal.see("On and on")
        await terminal.press_ctrl_c()
        assert await terminal.end() == 130
    await asyncio.wait_for(server.left.wait(), 5)


async def test_a_failure_in_a_chat_is_told_and_the_prompt_forgotten(pluggably, server):
    server.on("GET /health", Answer({"status": "ok"}))
    server.on("POST /v1/generate", Answer(envelope("queue_full", "The queue is full."), 503), answer("Here."))
    async with pluggably.terminal("run") as terminal:
        await terminal.see(">>> ")
        await terminal.type("One\n")
        await terminal.see("The queue is full.\n>>> ")
        await terminal.type("Two\n")
        await terminal.see("Here.\n>>> ")
    assert [message["content"] for message in server.requests[-1].body["input"]["messages"]] == ["Two"]


async def test_help_and_unknown_commands_are_answered_in_the_chat(pluggably, server):
    server.on("GET /health", Answer({"status": "ok"}))
    async with pluggably.terminal("run") as terminal:
        await terminal.see(">>> ")
        await terminal.type("/help\n")
        assert "/clear" in await terminal.see(">>> ")
        await terminal.type("/frob\n")
        assert "There is no /frob" in await terminal.see(">>> ")
        await terminal.interrupt("/exit or Ctrl-D leaves.\n>>> ")
    assert [request.path for request in server.requests] == ["/health"]


async def test_what_a_model_writes_does_not_steer_the_terminal(pluggably, server):
    server.on("POST /v1/generate", answer("\x1b]0;title\x07ok\x9b2J\n"))
    async with pluggably.terminal("run", "-p", "Hello") as terminal:
        assert await terminal.end() == 0
        seen = await terminal.see("ok2J\n")
        assert "\x1b" not in seen
        assert "\x9b" not in seen
    assert "\x1b" in (await pluggably("run", "-p", "Hello")).out, "a pipe gets it as it is"


async def test_the_history_of_prompts_is_kept_for_its_owner_alone(pluggably, server):
    server.on("GET /health", Answer({"status": "ok"}))
    server.on("POST /v1/generate", answer("First."))
    async with pluggably.terminal("run") as terminal:
        await terminal.see(">>> ")
        await terminal.type("A private prompt\n")
        await terminal.see("First.\n>>> ")
        await terminal.type("/exit\n")
        await terminal.end()
    (history,) = (pluggably.folder / "state").rglob("chat_history")
    assert "A private prompt" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0
