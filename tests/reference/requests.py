"""Requests for tests: as plain tuples, and as the columns that kernels read."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c

START = 1_750_000_000_000  # ms; no hour or tick begins there


class Ask(NamedTuple):
    """One request, with what detection looks at."""

    ts: int
    prompt: int = 0
    turn: int = 1
    task: int = 0
    elicitation: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    status: int = 200
    tools: int = 0
    proxy: float = 0.0
    program: int = 1
    network: int = 1
    client: int = 1
    model: int = 1


def columns_of(ask: Ask) -> npt.NDArray[np.int64]:
    """int64[REQ_WIDTH]."""
    values = np.zeros(c.REQ_WIDTH, np.int64)
    values[c.REQ_TS] = ask.ts
    values[c.REQ_TURN] = ask.turn
    values[c.REQ_TASK] = ask.task
    values[c.REQ_INPUT_TOKENS] = ask.input_tokens
    values[c.REQ_OUTPUT_TOKENS] = ask.output_tokens
    values[c.REQ_REASONING_TOKENS] = ask.reasoning_tokens
    values[c.REQ_STATUS] = ask.status
    values[c.REQ_TOOLS] = ask.tools
    for column, value in ((c.REQ_ELICITATION, ask.elicitation), (c.REQ_PROXY, ask.proxy)):
        values[column] = np.float64(value).view(np.int64)
    for column, bits in (
        (c.REQ_PROMPT_SIMHASH, ask.prompt),
        (c.REQ_TEMPLATE_HASH, ask.program),
        (c.REQ_NET_HASH, ask.network),
        (c.REQ_CLIENT_HASH, ask.client),
        (c.REQ_MODEL, ask.model),
    ):
        values[column] = np.uint64(bits).astype(np.int64)
    return values
