"""Keeps Python's garbage collector from delaying streams, in a program that only serves them."""

import gc

# Young objects are looked at as often as usual, which takes less than a millisecond, and older
# ones, by which 5,000 streams would wait for 60 ms, a hundred times less often: what serves a
# client is freed without the collector.
_OLD_AFTER_YOUNG = 1_000


def spare_streams() -> None:
    """Collect what the start has left, and from then on look seldom at what stays.

    To be called once everything that the server needs is loaded.
    """
    gc.collect()
    gc.freeze()
    young, _, oldest = gc.get_threshold()
    gc.set_threshold(young, _OLD_AFTER_YOUNG, oldest)
