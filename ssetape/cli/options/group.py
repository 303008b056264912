"""Options that belong together, passed to the verb as one object."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

Verb = Callable[..., Any]
Decorator = Callable[[Verb], Verb]


def option_group(name: str, make: Callable[..., object], *options: Decorator) -> Decorator:
    """Return a decorator that adds options to a verb, and passes it one object for their values.

    Args:
        name: the verb's parameter for the object.
        make: makes the object; has a parameter for each option, with the option's name.
        options: results of `click.option()`, in the order of the help.
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
