"""The durable counters of one partition, as an ``int64[WIDTH]`` array that kernels update.

The ledger is saved in the partition's header with every full checkpoint, so the sums below are as
durable as the state they describe: requests in = folded + duplicates + dead, always.
"""

IN = 0  # request records taken from the topic
FOLDED = 1  # requests that changed an account's state
DUPLICATES = 2  # requests recognised as a repeat of a recent event
DEAD = 3  # requests sent to the dead letters
LATE_REPEATS = 4  # folded requests whose event id was seen before, too long ago for the contract
WATERMARK = 5  # event time, ms: the newest ts accepted, never more than EARLY_MS past its record
EPOCH = 6  # number of the event-time epoch the watermark is in; -1 before the first request
RESUMED = 7  # requests read again after a restart and recognised by the offset fence
REPEATS_AHEAD = 8  # of those that are yet to be read again, how many were repeats
WIDTH = 9
