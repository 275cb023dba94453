"""How a peer's program says how far it is: ``{"seen": n}`` on a line of its standard output."""

import os


class Progress:
    """Counts records, and says so at every ``step`` of them."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._due = step
        self.seen = 0

    def add(self, records: int = 1) -> None:
        self.seen += records
        if self.seen >= self._due:
            # Not print: Faust turns what is printed into log messages.
            os.write(1, b'{"seen": %d}\n' % self.seen)
            self._due = self.seen - self.seen % self._step + self._step
