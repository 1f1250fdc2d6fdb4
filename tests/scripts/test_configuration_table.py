"""The operator's guide says what the settings say."""

from __future__ import annotations

import re
import tomllib

import pytest

from pluggably.settings import known_settings, load, variable
from scripts.configuration_table import BEGIN, DOCUMENT, END, render, tables


@pytest.mark.req("SYS-REQ-006")
def test_the_guide_has_the_settings_of_today() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run `make generate`"


def test_the_guide_has_one_place_for_the_tables() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert (text.count(BEGIN), text.count(END)) == (1, 1)
    assert text.index(BEGIN) < text.index(END)


def test_every_variable_has_one_row_with_default_and_meaning() -> None:
    rows = re.findall(r"^\| `(PLUGGABLY_\w+)` \| ([^|]+) \| ([^|]+) \|$", tables(), re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == sorted(map(variable, known_settings()))


def test_the_examples_of_the_guide_are_read_without_a_warning(tmp_path_factory: pytest.TempPathFactory) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    (toml,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = tmp_path_factory.mktemp("guide") / "pluggably.toml"
    path.write_text(toml, encoding="utf-8")
    from_file = load({}, path).settings
    (first,) = re.findall(r"goes into a section:\n\n```sh\n(.*?)```", text, re.DOTALL)
    environ = {name: value.strip("'") for name, value in re.findall(r"^export (\w+)=(.*)$", first, re.MULTILINE)}
    loaded = load(environ)
    assert loaded.warnings == []
    assert loaded.settings == from_file
    assert tomllib.loads(toml)["port"] == from_file.port == 9000
