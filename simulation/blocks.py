"""The blocks of a city in their order, made ahead in another process while earlier ones are written."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date

from simulation.making import Made, make_block
from simulation.world import World, make_world

_ALONE = 2
"""With no more blocks than this another process takes longer to start than it saves."""
_WORKERS = 2
"""Making a block takes three times as long as writing it."""
_world: World | None = None


def made_blocks(world: World) -> Iterator[Made]:
    """Every block of ``world``, made."""
    if world.block_count <= _ALONE:
        yield from (make_block(world, number) for number in world.blocks())
        return
    numbers = (world.seed, world.persons, world.as_of, world.day, world.block_size)
    # A fresh process: one that is copied would share the locks of the engine's threads.
    with ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn"), _settle, numbers) as pool:
        waiting: deque[Future[Made]] = deque()
        for number in world.blocks():
            waiting.append(pool.submit(_make, number))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _settle(seed: int, persons: int, as_of: date, day: int, block_size: int) -> None:
    global _world  # noqa: PLW0603 - a process makes blocks of one city
    _world = make_world(seed, persons, as_of, day, block_size)


def _make(number: int) -> Made:
    if _world is None:
        raise RuntimeError("no city")
    return make_block(_world, number)
