"""Where in a recording somebody is who plays, pauses, steps and changes the speed. Pure."""


class Playhead:
    """A position that moves with time. Every moment is given: there is no clock in here.

    Attributes:
        speed: recorded seconds a second.
        is_paused: whether it stands.
    """

    def __init__(self, now_s: float, speed: float = 1.0) -> None:
        self.speed = speed
        self.is_paused = False
        # The position at a moment; all others follow from these, so that no error adds up.
        self._position_s = 0.0
        self._then_s = now_s

    def at(self, now_s: float) -> float:
        """The position at a moment, in recorded seconds."""
        if self.is_paused:
            return self._position_s
        return self._position_s + (now_s - self._then_s) * self.speed

    def wait_s(self, position_s: float, now_s: float) -> float | None:
        """How long until a position is reached; None: it stands, and never reaches it."""
        if self.is_paused:
            return None
        return (position_s - self.at(now_s)) / self.speed

    def move_to(self, position_s: float, now_s: float) -> None:
        """Go to a position; it moves on from there, or stands there."""
        self._position_s, self._then_s = position_s, now_s

    def pause(self, now_s: float) -> None:
        """Stand, or move on."""
        self.move_to(self.at(now_s), now_s)
        self.is_paused = not self.is_paused

    def change_speed(self, factor: float, now_s: float) -> None:
        """Move so many times as fast from now on."""
        self.move_to(self.at(now_s), now_s)
        self.speed *= factor
