"""What one connection got of a room's stream, against what it should have got."""

from __future__ import annotations


class Follower:
    """
    Follows ``seq`` from a join on.

    ``last`` is the highest number seen. A number that was jumped over is missing until it
    comes; when it comes late it is out of order, and when one comes twice it is a duplicate.
    """

    __slots__ = ("disordered", "duplicates", "epoch", "gaps", "last", "missing", "received", "start")

    def __init__(self, epoch: str, seq: int) -> None:
        self.epoch = epoch
        self.start = seq
        self.last = seq
        self.received = 0
        self.gaps = 0
        """How often the stream jumped."""
        self.duplicates = 0
        self.disordered = 0
        self.missing: set[int] = set()

    def begin(self) -> None:
        """Count from here on."""
        self.start, self.received = self.last, 0
        self.gaps = self.duplicates = self.disordered = 0
        self.missing.clear()

    def take(self, first: int, last: int) -> None:
        """Take the events ``first`` to ``last``, which came in that order."""
        if first == self.last + 1:
            self.received += last - self.last
            self.last = last
            return
        for seq in range(first, last + 1):
            self._take_one(seq)

    def _take_one(self, seq: int) -> None:
        if seq > self.last:
            if seq > self.last + 1:
                self.gaps += 1
                self.missing.update(range(self.last + 1, seq))
            self.last = seq
            self.received += 1
        elif seq in self.missing:
            self.missing.discard(seq)
            self.disordered += 1
            self.received += 1
        else:
            self.duplicates += 1
