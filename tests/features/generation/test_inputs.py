from __future__ import annotations

from typing import Any

import pytest

from pluggably.features.generation.inputs import chat_messages, has_images
from pluggably.features.generation.schemas import GenerateRequest

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def request(**given: Any) -> GenerateRequest:
    return GenerateRequest.model_validate({"input": given})


def test_images_beside_the_messages_go_into_the_last_of_them() -> None:
    asked = request(messages=[{"role": "user", "content": "Look!"}], images=["data:image/png;base64,AAAA"])
    assert has_images(asked)
    assert chat_messages(asked) == [{"role": "user", "content": [{"type": "text", "text": "Look!"}, IMAGE]}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"prompt": "Look!", "images": ["artifact:art_1"]}, True),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, True),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, False),
        ({"messages": [{"role": "user", "content": "Hi"}], "images": []}, False),
    ],
)
def test_images_are_found_beside_messages_and_in_them(given: dict[str, Any], expected: bool) -> None:
    assert has_images(request(**given)) is expected
