"""The playback position: pause, step, speed. Pure."""


class Playhead:
    """A position that advances with time. The caller passes the time: there is no clock here.

    Attributes:
        speed: recorded seconds per second.
        is_paused: whether the position stands still.
    """

    def __init__(self, now_s: float, speed: float = 1.0) -> None:
        self.speed = speed
        self.is_paused = False
        # A position and its time; all others are computed from these, so errors do not add up.
        self._position_s = 0.0
        self._then_s = now_s

    def at(self, now_s: float) -> float:
        """The position at a time, in recorded seconds."""
        if self.is_paused:
            return self._position_s
        return self._position_s + (now_s - self._then_s) * self.speed

    def wait_s(self, position_s: float, now_s: float) -> float | None:
        """How long until a position is reached; None while paused."""
        if self.is_paused:
            return None
        return (position_s - self.at(now_s)) / self.speed

    def move_to(self, position_s: float, now_s: float) -> None:
        """Jump to a position, and continue from there unless paused."""
        self._position_s, self._then_s = position_s, now_s

    def pause(self, now_s: float) -> None:
        """Pause, or resume."""
        self.move_to(self.at(now_s), now_s)
        self.is_paused = not self.is_paused

    def change_speed(self, factor: float, now_s: float) -> None:
        """Multiply the speed from now on."""
        self.move_to(self.at(now_s), now_s)
        self.speed *= factor
