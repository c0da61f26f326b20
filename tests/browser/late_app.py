"""The app with answers held back, as a slow line or a busy machine does.

An answer that comes after something else was done must not spoil the page. Run by the
browser tests for `--late SECONDS`.
"""

import asyncio
import random
import sys

import app

# Of all answers: how many begin late, and how many come late.
SHARE = 0.6
SEED = 1


def hold_back(most_s: float) -> None:
    """Let answers wait, before and after they are worked out."""
    answer = app.gr.Blocks.process_api
    chance = random.Random(SEED)

    async def wait():
        if chance.random() < SHARE:
            await asyncio.sleep(chance.uniform(0, most_s))

    async def late(*args, **options):
        await wait()
        answered = await answer(*args, **options)
        await wait()
        return answered

    app.gr.Blocks.process_api = late


if __name__ == "__main__":
    hold_back(float(sys.argv[1]))
    sys.exit(app.main())
