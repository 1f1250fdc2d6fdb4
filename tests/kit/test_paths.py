"""Names from the outside: whatever they hold, what is made of them stays inside its folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pluggably.kit.paths import LONGEST_NAME, UnsafePath, safe_join, safe_name

NASTY = st.sampled_from(
    ["..", ".", "", "/", "\\", "~", "C:", "con", "NUL.txt", "a\0b", "é", "模型", "\u2044", "\ud800", "a" * 300, "x "]
)
TEXTS = st.text(max_size=40) | st.lists(st.text(max_size=8) | NASTY, max_size=8).map("/".join)


@pytest.mark.parametrize("name", ["main", "SmolLM2-135M-Instruct.Q4_1.gguf", "v1.0", "a_b", "0" * LONGEST_NAME])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("org/repo", r"org-repo-[0-9a-f]{12}"),
        ("../../etc/passwd", r"etc-passwd-[0-9a-f]{12}"),
        ("refs/pr/1", r"refs-pr-1-[0-9a-f]{12}"),
        (".hidden", r"hidden-[0-9a-f]{12}"),
        ("..", r"name-[0-9a-f]{12}"),
        ("", r"name-[0-9a-f]{12}"),
        ("模型", r"name-[0-9a-f]{12}"),
        ("nul", r"name-[0-9a-f]{12}"),
        ("con.gguf", r"name-[0-9a-f]{12}"),
        ("a" * 500, r"a{107}-[0-9a-f]{12}"),
    ],
)
def test_another_name_becomes_a_plain_one(text: str, name: str) -> None:
    assert re.fullmatch(name, safe_name(text))


@settings(max_examples=300)
@given(TEXTS)
def test_every_text_gives_one_visible_part_of_a_path(text: str) -> None:
    name = safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name)
    assert len(name) <= LONGEST_NAME
    assert not name.endswith(".")
    assert safe_name(name) == name


@given(TEXTS, TEXTS)
def test_different_texts_have_different_names(one: str, other: str) -> None:
    assert (
        (safe_name(one) == safe_name(other)) == (one == other) or safe_name(one) == other or safe_name(other) == one
    )


@pytest.mark.parametrize(
    "path",
    ["", "/", "/etc/passwd", "..", "../x", "a/../b", "a/./b", "a//b", "a/", "a\\b", "..\\x", "C:x", "C:/x", "a\0",
     "a\n", " a", "a ", "a.", "con", "sub/NUL.gguf", "x" * 256, "é" * 128, "\ud800", "/".join("a" * 33), "a*",
     "\u202eb"],
)  # fmt: skip
def test_a_path_that_leads_out_or_fits_nowhere_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnsafePath):
        safe_join(tmp_path, path)


@pytest.mark.parametrize(
    "path", ["m.gguf", "unet/diffusion_pytorch_model.safetensors", "..a", "a..b/.x", "模型/é.gguf"]
)
def test_a_path_inside_is_joined(tmp_path: Path, path: str) -> None:
    assert safe_join(tmp_path, path) == tmp_path.resolve() / path


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "out").symlink_to(outside)
    (inside / "self").symlink_to(inside)
    (inside / "dangling").symlink_to(outside / "not yet")
    (inside / "loop").symlink_to(inside / "loop")
    for path in ("out", "out/x", "self", "dangling"):
        with pytest.raises(UnsafePath, match="through a link"):
            safe_join(inside, path)
    assert safe_join(inside, "self/x") == inside / "self" / "x"
    assert safe_join(inside, "loop") == inside / "loop"


def test_a_folder_beside_it_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models-private").mkdir()
    (tmp_path / "models" / "x").symlink_to(tmp_path / "models-private")
    with pytest.raises(UnsafePath):
        safe_join(tmp_path / "models", "x/y")


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_whatever_is_joined_stays_inside_and_can_be_made(tmp_path: Path, path: str) -> None:
    try:
        joined = safe_join(tmp_path, path)
    except UnsafePath:
        return
    root = os.path.realpath(tmp_path)
    assert os.path.normpath(joined) == str(joined)
    assert str(joined).startswith(f"{root}/")
    assert os.path.relpath(joined, root) == path
