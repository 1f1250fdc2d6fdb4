"""Writes `clients/vectors/`: what every operation takes and answers, as a real gateway says it.

`python -m scripts.vectors [--check]`. It starts a gateway and walks through the API, so it takes some seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.factories.walk import walked

VECTORS = Path(__file__).resolve().parents[1] / "clients" / "vectors"


async def made() -> dict[str, str]:
    """The files of a new walk: text by name."""
    with tempfile.TemporaryDirectory() as folder:
        async with walked(Path(folder)) as walk:
            return {name: rendered(content) for name, content in walk.vectors()}


def rendered(content: Any) -> str:
    """A vector as its file holds it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the vectors, or check them; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is not up to date")
    options = parser.parse_args(arguments)
    new = asyncio.run(made())
    old = {path.name: path.read_text(encoding="utf-8") for path in VECTORS.glob("*.json")}
    stale = sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))
    for name in stale:
        if options.check:
            print(f"vectors: clients/vectors/{name} is not up to date: `make generate` writes it anew")
        elif name in new:
            (VECTORS / name).write_text(new[name], encoding="utf-8")
            print(f"vectors: wrote clients/vectors/{name}")
        else:
            (VECTORS / name).unlink()
            print(f"vectors: removed clients/vectors/{name}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
