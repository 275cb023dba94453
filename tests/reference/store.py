"""A columnar store as dictionaries: what rows, dirtiness and tombstones must come out as."""

from collections.abc import Iterable


class DictStore:
    """Rows are integers here: the tests keep one in a field of the real rows."""

    def __init__(self, limit: int, key_bytes: int) -> None:
        self.limit = limit
        self.key_bytes = key_bytes  # room for the keys of live rows together
        self.rows: dict[bytes, int] = {}
        self.dirty: set[bytes] = set()
        self.tombstones: set[bytes] = set()

    def upsert(self, key: bytes) -> bool:
        """Whether there is a row for ``key`` now."""
        if key in self.rows:
            return True
        if len(self.rows) >= self.limit:
            return False
        if sum(map(len, self.rows)) + len(key) > self.key_bytes:
            return False
        self.rows[key] = 0
        self.dirty.add(key)
        return True

    def write(self, key: bytes, value: int) -> None:
        self.rows[key] = value
        self.dirty.add(key)

    def clean(self, keys: Iterable[bytes]) -> None:
        self.dirty -= set(keys)

    def expire(self, keys: Iterable[bytes]) -> None:
        for key in keys:
            del self.rows[key]
            self.dirty.discard(key)
            self.tombstones.add(key)

    def take_tombstones(self) -> set[bytes]:
        taken = {key for key in self.tombstones if key not in self.rows}
        self.tombstones.clear()
        return taken
