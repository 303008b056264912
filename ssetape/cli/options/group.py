"""Options that belong together: verbs are given one object for them."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

Verb = Callable[..., Any]
Decorator = Callable[[Verb], Verb]


def option_group(name: str, make: Callable[..., object], *options: Decorator) -> Decorator:
    """Give a decorator that adds options to a verb, and passes it what is made of their values.

    Args:
        name: the parameter by which the verb gets it.
        make: makes it; has a parameter for each option, of the option's name.
        options: what `click.option()` gives, in the order of the help.
    """
    taken = tuple(inspect.signature(make).parameters)

    def decorate(verb: Verb) -> Verb:
        @functools.wraps(verb)
        def with_object(*arguments: Any, **values: Any) -> Any:
            made = make(**{each: values.pop(each) for each in taken})
            return verb(*arguments, **values, **{name: made})

        for option in reversed(options):
            option(with_object)
        return with_object

    return decorate
