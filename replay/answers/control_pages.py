"""Control of the server over HTTP, below /_ssetape/, for tests in any language."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs

import orjson

from ssetape.errors import ReplayError

from .. import faults
from ..control import Control
from ..exchange import ClientRequest, Say, refusal
from ..faults.spec import described, from_document, loads
from .answerer import OWN_PATH

_NAMES = ("pause", "resume", "step", "scenario", "served", "tally")
_PATH = re.compile(re.escape(OWN_PATH) + rf"(?P<name>{'|'.join(_NAMES)})")
_STEPS_LIMIT = 1_000_000

_Values = dict[str, str]


def page_of(asked: ClientRequest) -> str | None:
    """The name of the control page that a request is for; None if it is for none."""
    found = _PATH.fullmatch(asked.target.partition("?")[0])
    return found["name"] if found is not None else None


class ControlPages:
    """Answers requests for the control paths below OWN_PATH; an `answerer.Route`."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._pages: dict[tuple[str, str], Callable[[ClientRequest, _Values], object]] = {
            ("POST", "pause"): lambda asked, values: {"streams": control.pause(_session(values))},
            ("POST", "resume"): lambda asked, values: {"streams": control.resume(_session(values))},
            ("POST", "step"): self._step,
            ("GET", "scenario"): self._scenario,
            ("PUT", "scenario"): self._set_scenario,
            ("DELETE", "scenario"): self._clear_scenario,
            ("GET", "served"): lambda asked, values: {"served": control.served(_session(values))},
            ("DELETE", "served"): self._forget,
            ("GET", "tally"): lambda asked, values: control.meter.tally().fields(),
        }

    def __call__(self, asked: ClientRequest) -> Say | None:
        path, _, query = asked.target.partition("?")
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        page = self._pages.get((asked.method, found["name"]))
        if page is None:
            known = [method for method, name in self._pages if name == found["name"]]
            expected = " or ".join(known)
            return refusal(405, f"{path}: expected {expected}, found {asked.method}")
        try:
            options = parse_qs(query, keep_blank_values=True, max_num_fields=20)
            result = page(asked, {name: listed[-1] for name, listed in options.items()})
        except (ValueError, ReplayError) as error:
            return refusal(400, f"{asked.target}: {error}")
        body = orjson.dumps(result, option=orjson.OPT_APPEND_NEWLINE)
        return Say(200, body, f"{asked.method} {asked.target} <- done")

    def _step(self, asked: ClientRequest, values: _Values) -> object:
        events = values.get("events", "1")
        if not re.fullmatch("[0-9]{1,7}", events) or int(events) > _STEPS_LIMIT:
            raise ValueError(f"events: expected 0 to {_STEPS_LIMIT}, found {events!r:.60}")
        marker = values.get("marker")
        return {"streams": self._control.step(int(events), marker=marker, session=_session(values))}

    def _scenario(self, asked: ClientRequest, values: _Values) -> object:
        scenario = self._control.scenario
        return {"seed": scenario.seed, "fault": [described(rule) for rule in scenario.rules]}

    def _set_scenario(self, asked: ClientRequest, values: _Values) -> object:
        """Set the scenario in the body, as TOML or the equivalent JSON."""
        try:
            text = asked.body.decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"expected TOML or JSON in UTF-8: {error}") from error
        if text.lstrip().startswith("{"):
            document = orjson.loads(text)
            self._control.scenario = from_document(document, "the scenario")
        else:
            self._control.scenario = loads(text, "the scenario")
        return self._scenario(asked, values)

    def _clear_scenario(self, asked: ClientRequest, values: _Values) -> object:
        self._control.scenario = faults.Scenario()
        return self._scenario(asked, values)

    def _forget(self, asked: ClientRequest, values: _Values) -> object:
        self._control.forget()
        return {"served": []}


def _session(values: _Values) -> str | None:
    return values.get("session")
