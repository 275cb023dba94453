"""Turns of the event loop."""

import asyncio

from app.agents.turns import Turns


async def test_everybody_has_a_turn_of_his_own_in_order() -> None:
    turns, rounds, had = Turns(), 0, dict[int, int]()

    async def work(number: int) -> None:
        await turns.next()
        had[number] = rounds

    workers = [asyncio.create_task(work(number)) for number in range(5)]
    while len(had) < len(workers):
        await asyncio.sleep(0)
        rounds += 1
        assert rounds < 100
    assert list(had) == [0, 1, 2, 3, 4]
    assert len(set(had.values())) == 5


async def test_who_no_longer_wants_a_turn_keeps_it_from_nobody() -> None:
    turns = Turns()
    first = asyncio.create_task(turns.next())
    second = asyncio.create_task(turns.next())
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    async with asyncio.timeout(5):
        await turns.next()
