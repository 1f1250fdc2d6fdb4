"""How people are called, and what a password must be.

Addresses and user names are compared in a normal form (NFKC, case folded), so that two spellings of one name never
become two accounts. Passwords are normalised too (NFKC): keyboards differ in how they compose a letter.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_BYTES = 1024

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\\x00-\x1f\x7f]{1,64}@[^@\s\"(),:;<>\[\]\\/\x00-\x1f\x7f]{1,189}")
_USERNAME = re.compile(r"[^\W_][\w.-]*")


def key_of(name: str) -> str:
    """The normal form of an address or a user name."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _email(value: str) -> str:
    normal = key_of(value.strip())
    if _EMAIL.fullmatch(normal) is None or len(normal) > 255:
        raise ValueError("should be an address such as ada@example.org")
    return normal


def _username(value: str) -> str:
    if _USERNAME.fullmatch(unicodedata.normalize("NFKC", value)) is None or len(key_of(value)) > 128:
        raise ValueError("should begin with a letter or a digit and have letters, digits, `.`, `-` and `_` only")
    return value


def _password(value: str) -> str:
    normal = unicodedata.normalize("NFKC", value)
    if len(normal) < MIN_PASSWORD_CHARACTERS:
        raise ValueError(f"should have at least {MIN_PASSWORD_CHARACTERS} characters")
    return _short_enough(normal)


def _short_enough(value: str) -> str:
    normal = unicodedata.normalize("NFKC", value)
    if len(normal.encode()) > MAX_PASSWORD_BYTES:
        raise ValueError(f"should have at most {MAX_PASSWORD_BYTES} bytes; nothing of it is cut off silently")
    return normal


Email = Annotated[
    str,
    StringConstraints(max_length=320),
    AfterValidator(_email),
    Field(description="Normalised: upper and lower case are one.", examples=["ada@example.org"]),
]
Username = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_username),
    Field(description="Unique whatever its case.", examples=["ada"]),
]
NewPassword = Annotated[
    str,
    StringConstraints(max_length=MAX_PASSWORD_BYTES),
    AfterValidator(_password),
    Field(
        description=f"{MIN_PASSWORD_CHARACTERS} characters to {MAX_PASSWORD_BYTES} bytes.",
        examples=["correct horse battery staple"],
    ),
]
GivenPassword = Annotated[str, StringConstraints(max_length=MAX_PASSWORD_BYTES), AfterValidator(_short_enough)]
