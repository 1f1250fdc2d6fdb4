"""How long the scene engine takes on one core: `python -m benchmarks.scenes`.

Measured in processor time, so that other work of the machine does not count. Every prompt is made into a picture of
512 × 512 pixels and into a GLB with its preview, as a request would be.
"""

import os
import statistics
from time import process_time

from pluggably.runtimes._media_server import Job, Work
from pluggably.runtimes.scenes.engine import SceneEngine
from pluggably.runtimes.scenes.words import NOUNS

_WORDS = [words.split()[0] for words in NOUNS.values()]
PROMPTS = {
    "the example": "a red cube on a blue table, two green spheres left of it, low-poly tree",
    "the first half of all things": ", ".join(f"a {word}" for word in _WORDS[: len(_WORDS) // 2]),
    "the other half": ", ".join(f"a {word}" for word in _WORDS[len(_WORDS) // 2 :]),
    "twenty of one kind": "twenty mushrooms",
    "a hundred things": "20 cubes, 20 balls, 20 cones, 20 stars, 20 trees",
    "one big thing": "a big golden ball",
    **{f"one {word}": f"a {word}" for word in _WORDS},
}
ROUNDS = 5
LIMITS_MS = {"image": 300, "3d": 100}


def _milliseconds(engine: SceneEngine, modality: str, prompt: str) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = process_time()
        engine.generate(Job(modality, prompt, [], {}, False), Work(lambda _event: None))
        taken.append((process_time() - began) * 1000)
    return statistics.median(taken)


def main() -> int:
    """Print the median over all prompts and the slowest ones; 1 where one is over the limit."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    engine = SceneEngine()
    within = True
    for modality, limit in LIMITS_MS.items():
        _milliseconds(engine, modality, "a cube")  # the first one pays for imports and caches
        found = sorted(
            ((_milliseconds(engine, modality, text), name) for name, text in PROMPTS.items()), reverse=True
        )
        median = statistics.median(taken for taken, _ in found)
        print(f"{modality}: {len(found)} prompts, median {median:.0f} ms, limit {limit} ms; the slowest:")
        for taken, name in found[:3]:
            print(f"  {taken:5.0f} ms  {name}")
        within = within and found[0][0] < limit
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
