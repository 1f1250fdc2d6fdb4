"""`pluggably run`: a chat in the terminal, streamed; or one prompt and its answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pluggably.cli._output import Output, complain, printable
from pluggably.cli._server import connected
from pluggably.cli._state import state_of, with_server_options

if TYPE_CHECKING:
    from pluggably_client import Pluggably
    from pluggably_client.events import StreamEvent
    from pluggably_client.models import GenerateResponse

_HELP = """\
/clear   forget the conversation
/help    this list
/exit    leave (so does Ctrl-D)
Ctrl-C   stop the answer"""
_HISTORY_LINES = 1000
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


@with_server_options
def run(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="A model's id, `provider:name`, or `auto`.")] = "auto",
    prompt: Annotated[str | None, typer.Option("--prompt", "-p", help="Ask this, print the answer, leave.")] = None,
    system: Annotated[str | None, typer.Option("--system", help="How the model shall behave.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="NAME=VALUE", help="A parameter of the model; may be repeated."),
    ] = None,
) -> None:
    """Talk to a model of a running server.

    \b
    pluggably run auto
    pluggably run smollm2-135m -p "Why is the sky blue?"
    pluggably run auto --system "Answer in French." -o temperature=0.2
    cat report.txt | pluggably run auto -p "Sum this up:"

    For images and meshes see `pluggably make`. In the chat /help shows what else there is.

    With a prompt, --json prints the whole reply and --quiet nothing but its text.
    """
    state = state_of(ctx)
    piped = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    asked = "\n\n".join(part for part in (prompt, piped) if part)
    if not asked and not sys.stdin.isatty():
        raise typer.BadParameter("there is nothing to ask: use --prompt or pipe text in", param_hint="--prompt")
    parameters = dict(map(parameter, option or ()))
    with connected(state) as client:
        chat = Chat(client, model, system, parameters, state.output)
        if asked:
            chat.answer_once(asked)
        elif state.output.mode == "json":
            raise typer.BadParameter("--json needs a prompt", param_hint="--json")
        else:
            client.health()
            chat.talk()


class Chat:
    """A conversation with one model."""

    def __init__(
        self, client: Pluggably, model: str, system: str | None, parameters: dict[str, Any], output: Output
    ) -> None:
        self._client = client
        self._options: dict[str, Any] = {"model": model, "modality": "text", "parameters": parameters}
        if system:
            self._options["system_prompt"] = system
        self._output = output
        self._messages: list[dict[str, Any]] = []
        self._terminal = sys.stdout.isatty()

    def answer_once(self, prompt: str) -> None:
        """Print the answer to one prompt."""
        self._messages.append({"role": "user", "content": prompt})
        if self._output.mode == "json":
            for event in self._events():
                self._reply_in(event)
            reply = self._reply
            self._output.emit(reply.to_json(), ids=[], human=str)
        else:
            self._answer()

    def talk(self) -> None:
        """Read prompts and answer them until the user leaves."""
        with _line_editing():
            self._output.note(f"{self._options['model']} listens. /help shows the commands, /exit leaves.")
            while (line := self._read_line()) is not None:
                match line.strip():
                    case "":
                        continue
                    case "/exit" | "/quit" | "/bye":
                        return
                    case "/clear":
                        self._messages.clear()
                        complain("The conversation is forgotten.")
                    case "/help" | "/?":
                        self._output.write(_HELP + "\n")
                    case command if command.startswith("/") and " " not in command:
                        complain(f"There is no {printable(command)}; /help shows what there is.")
                    case _:
                        self._turn(line)

    def _read_line(self) -> str | None:
        """The next prompt; None at the end. Ctrl-C gives up the line."""
        while True:
            try:
                return input(">>> ")
            except EOFError:
                self._output.write("\n")
                return None
            except KeyboardInterrupt:
                self._output.write("\n")
                complain("/exit or Ctrl-D leaves.")

    def _turn(self, prompt: str) -> None:
        """One prompt of the chat. A failure is told, and the prompt forgotten; the chat goes on."""
        from pluggably_client import PluggablyError

        self._messages.append({"role": "user", "content": prompt})
        said: list[str] = []
        try:
            self._answer(said)
        except KeyboardInterrupt:
            self._output.write("\n")
            complain("(stopped)")
        except PluggablyError as error:
            complain(f"{error}")
        if said:
            self._messages.append({"role": "assistant", "content": "".join(said)})
        else:
            self._messages.pop()

    def _answer(self, said: list[str] | None = None) -> None:
        """Print an answer while it comes; its pieces are added to `said`."""
        said = [] if said is None else said
        thinking = False
        for event in self._events():
            text, reasoning = getattr(event, "text", None), getattr(event, "reasoning", None)
            if reasoning and self._terminal and self._output.mode == "human":
                self._output.write(("" if thinking else _DIM) + printable(reasoning))
                thinking = True
            if text:
                if thinking:
                    self._output.write(f"{_PLAIN}\n")
                    thinking = False
                said.append(text)
                self._output.write(printable(text) if self._terminal else text)
            self._tell(event)
            self._reply_in(event)
        if thinking:
            self._output.write(_PLAIN)
        if not said or not said[-1].endswith("\n"):
            self._output.write("\n")
        for warning in self._reply.warnings:
            complain(f"({printable(str(warning))})")
        if self._reply.finish_reason == "length":
            self._output.note("(the answer reached its limit of tokens)")

    def _events(self) -> Iterator[StreamEvent]:
        with self._client.stream(messages=self._messages, **self._options) as events:
            yield from events

    def _reply_in(self, event: StreamEvent) -> None:
        """Keep the whole reply, which the last event brings."""
        from pluggably_client.events import Finished

        if isinstance(event, Finished):
            self._reply: GenerateResponse = event.response

    def _tell(self, event: StreamEvent) -> None:
        """Say why nothing comes yet."""
        from pluggably_client.events import Loading, Queued

        if not sys.stderr.isatty():
            return
        if isinstance(event, Queued):
            self._output.note(f"(number {event.queue_position} in the queue)")
        elif isinstance(event, Loading) and event.progress_pct is None:
            self._output.note(f"({printable(event.model)} is being loaded)")


def parameter(option: str) -> tuple[str, Any]:
    """`max_tokens=50` → `("max_tokens", 50)`; a value that is no JSON is a text."""
    name, equals, value = option.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{option!r} is not NAME=VALUE", param_hint="--option")
    import json

    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@contextmanager
def _line_editing() -> Iterator[None]:
    """Arrow keys and a history that outlives the chat, where Python has them."""
    try:
        import readline
    except ImportError:
        yield
        return
    import platformdirs

    file = platformdirs.user_state_path("pluggably") / "chat_history"
    with suppress(OSError):
        readline.read_history_file(file)
    readline.set_history_length(_HISTORY_LINES)
    try:
        yield
    finally:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # prompts are private
            readline.write_history_file(file)
