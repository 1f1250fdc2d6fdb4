"""What a model makes."""

from enum import StrEnum


class Modality(StrEnum):
    """The kind of output that a request asks for."""

    TEXT = "text"
    IMAGE = "image"
    MESH = "3d"
