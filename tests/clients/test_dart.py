"""The Dart client's own tests, on a real Dart, one by one: `clients/dart/test/*_test.dart`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import dart as scripts_dart
from scripts.dart import PACKAGE
from tests.factories.gateways import KEY, Gateway, running_gateway

TESTS = PACKAGE / "test"
Results = dict[str, str | None]
"""Test → what went wrong with it."""
Run = Callable[..., Results]

_TEST = re.compile(r"^  test\(\s*'([^']+)',(?:\s*req: \[([^\]]*)\],)?", re.MULTILINE)


def cases(file: str) -> list[Any]:
    """The tests of a file, with what they prove."""
    found = []
    for name, ids in _TEST.findall((TESTS / file).read_text(encoding="utf-8")):
        proved = re.findall(r"'([^']+)'", ids)
        found.append(pytest.param(name, marks=[pytest.mark.req(*proved)] if proved else [], id=name))
    assert found, f"{file} holds no tests"
    return found


@pytest.fixture(scope="session")
def program() -> Path:
    """A Dart; fetched once where there is none, then kept in `.cache/`."""
    return scripts_dart.dart()


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Dart finds the package."""
    return scripts_dart.write_configuration(tmp_path_factory.mktemp("dart"))


@pytest.fixture(scope="session")
def run(program: Path, configuration: Path) -> Run:
    """Runs a file of tests."""

    def run(file: str, *arguments: str) -> Results:
        command = scripts_dart.command(program, configuration, TESTS / file, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        results: Results = {line["test"]: line["problem"] for line in lines}
        assert results, f"{file} did not run:\n{done.stdout}{done.stderr}"
        assert done.returncode == (1 if any(results.values()) else 0), done.stdout + done.stderr
        return results

    return run


@pytest.fixture(scope="module")
def gateway(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a model for each modality; what is large becomes an artifact."""
    folder = tmp_path_factory.mktemp("models")
    (folder / starter_model.name).hardlink_to(starter_model)
    with running_gateway(
        tmp_path_factory.mktemp("gateway"),
        models=folder,
        PLUGGABLY_BUILTIN_MODELS="true",
        PLUGGABLY_ARTIFACTS__INLINE_KB="64",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def unit(run: Run) -> Results:
    """The results of the tests that need nothing."""
    return run("unit_test.dart")


@pytest.fixture(scope="module")
def connection(run: Run) -> Results:
    """The results of the tests with a server in Dart."""
    return run("connection_test.dart")


@pytest.fixture(scope="module")
def end_to_end(run: Run, gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The results of the tests with a gateway."""
    return run("end_to_end_test.dart", gateway.url, KEY, str(tmp_path_factory.mktemp("files")))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", cases("unit_test.dart"))
def test_what_is_sent_and_read(name: str, unit: Results) -> None:
    assert unit[name] is None, unit[name]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", cases("connection_test.dart"))
def test_time_outs_retries_streams_and_files(name: str, connection: Results) -> None:
    assert connection[name] is None, connection[name]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", cases("end_to_end_test.dart"))
def test_with_a_running_gateway(name: str, end_to_end: Results) -> None:
    assert end_to_end[name] is None, end_to_end[name]


def test_no_test_is_left_out(unit: Results, connection: Results, end_to_end: Results) -> None:
    for file, results in (("unit", unit), ("connection", connection), ("end_to_end", end_to_end)):
        assert [case.id for case in cases(f"{file}_test.dart")] == list(results)
    assert {path.name for path in TESTS.glob("*_test.dart")} == {
        "unit_test.dart",
        "connection_test.dart",
        "end_to_end_test.dart",
    }


EXAMPLES = re.findall(
    r"^```dart\n(.*?)^```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
"""Those of the README."""


def as_program(code: str) -> str:
    """An example with what it takes for granted around it."""
    lines = code.splitlines(keepends=True)
    imports = "".join(line for line in lines if line.startswith("import "))
    body = "".join(line for line in lines if not line.startswith("import "))
    head = "Future<void> main(List<String> arguments) async {\nfinal [url, apiKey] = arguments;\n"
    return f"{imports}\n{head}{body}}}\n"


_ALL = """import 'dart:async';
import 'dart:convert';

{imports}

void main(List<String> arguments) async {{
  for (final main in [{mains}]) {{
    final printed = <String>[];
    String? problem;
    try {{
      await runZoned(
        () => main(arguments),
        zoneSpecification: ZoneSpecification(print: (_, __, ___, line) => printed.add(line)),
      );
    }} on Object catch (error, where) {{
      problem = '$error\\n$where';
    }}
    print(jsonEncode({{'printed': printed, 'problem': problem}}));
  }}
}}
"""


@pytest.fixture(scope="module")
def ran(
    program: Path, configuration: Path, gateway: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What became of each example. They are one program: it is compiling them that takes long."""
    folder = tmp_path_factory.mktemp("examples")
    numbers = range(len(EXAMPLES))
    for number in numbers:
        (folder / f"example_{number}.dart").write_text(as_program(EXAMPLES[number]), encoding="utf-8")
    imports = "\n".join(f"import 'example_{number}.dart' as e{number};" for number in numbers)
    mains = ", ".join(f"e{number}.main" for number in numbers)
    (folder / "all.dart").write_text(_ALL.format(imports=imports, mains=mains), encoding="utf-8")
    command = scripts_dart.command(program, configuration, folder / "all.dart", gateway.url, KEY)
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: f"example {number + 1}")
def test_every_example_of_the_readme_runs(number: int, ran: list[dict[str, Any]]) -> None:
    assert ran[number]["problem"] is None, ran[number]["problem"]
    assert "".join(ran[number]["printed"]).strip()


@pytest.mark.timeout(300)
def test_the_example_chats(program: Path, configuration: Path, gateway: Gateway) -> None:
    command = scripts_dart.command(program, configuration, PACKAGE / "example" / "example.dart")
    environment = {**os.environ, "PLUGGABLY_URL": gateway.url, "PLUGGABLY_API_KEY": KEY}
    done = subprocess.run(
        command, input="Hello\n", env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > len("> \n> ")
    environment["PLUGGABLY_API_KEY"] = "wrong"
    done = subprocess.run(
        command, env=environment, input="", capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 1
    assert "key" in done.stderr


def test_the_transport_of_browsers_fits_the_declarations_of_javascript(
    program: Path, configuration: Path, tmp_path: Path
) -> None:
    # No Dart here compiles for browsers: the types are checked against declarations of our own, and nothing runs.
    lib = tmp_path / "lib"
    shutil.copytree(PACKAGE / "lib", lib)
    shutil.copy(Path(__file__).with_name("js_interop.dart"), lib)
    transport = lib / "src" / "transport" / "web.dart"
    fetching = transport.read_text(encoding="utf-8").replace("'dart:js_interop'", "'../../js_interop.dart'")
    main = tmp_path / "main.dart"
    main.write_text("import 'lib/src/transport/web.dart';\n\nvoid main() => print(WebTransport().credentials);\n")
    for text, status in ((fetching, 0), (fetching.replace("controller.signal", "'signal'"), 254)):
        transport.write_text(text, encoding="utf-8")
        command = scripts_dart.command(program, configuration, main)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, done.stderr


def test_a_file_without_tests_and_a_failing_test_fail(program: Path, configuration: Path, tmp_path: Path) -> None:
    shutil.copy(TESTS / "runner.dart", tmp_path)
    for tests, lines in (("", 0), ("test('wrong', () => expect(1, 2));", 1)):
        file = tmp_path / "some_test.dart"
        file.write_text("import 'runner.dart';\n\nvoid main() {\n  " + tests + "\n  runTests();\n}\n")
        command = scripts_dart.command(program, configuration, file)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, len(done.stdout.splitlines())) == (1, lines)
