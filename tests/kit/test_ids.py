"""Identifiers."""

from __future__ import annotations

import re
import time

from pluggably.kit.ids import new_id


def test_an_id_is_its_prefix_and_26_letters_that_are_safe_anywhere() -> None:
    assert re.fullmatch(r"req_[0-9a-hjkmnp-tv-z]{26}", new_id("req"))


def test_no_id_comes_twice() -> None:
    assert len({new_id("x") for _ in range(10_000)}) == 10_000


def test_later_ids_sort_after_earlier_ones() -> None:
    ids = []
    for _ in range(5):
        ids.append(new_id("req"))
        time.sleep(0.002)
    assert ids == sorted(ids)


def test_an_id_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    letters = new_id("req").removeprefix("req_")[:10]
    after = time.time_ns() // 1_000_000
    moment = 0
    for letter in letters:
        moment = moment * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert before <= moment <= after
