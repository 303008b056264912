"""The orders that hold until another one ends them: the faults, and the pauses. Pure."""

from urllib.parse import parse_qs

from ..answers.control_pages import page_of
from .channel import Order


class Standing:
    """The orders that a worker gets, too, which takes the place of another one."""

    def __init__(self) -> None:
        self._orders: dict[tuple[str, ...], Order] = {}

    def note(self, order: Order) -> None:
        """Note an order that the workers have followed."""
        page, method = page_of(order.asked), order.asked.method
        query = order.asked.target.partition("?")[2]
        session = parse_qs(query, keep_blank_values=True).get("session", [])[-1:]
        if page == "scenario" and method != "GET":
            self._orders["scenario",] = order
        elif page == "pause":
            self._orders["pause", *session] = order
        elif page == "resume" and session:
            self._orders.pop(("pause", *session), None)
        elif page == "resume":
            for key in [key for key in self._orders if key[0] == "pause"]:
                del self._orders[key]

    def orders(self) -> list[Order]:
        """The orders that hold, in the order in which they were given."""
        return sorted(self._orders.values(), key=lambda order: order.number)
