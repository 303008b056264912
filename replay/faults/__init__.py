"""Faults that streams have in production, injected on purpose, and repeatable with a seed."""

from .chain import Chain as Chain
from .heads import Refuse as Refuse
from .passing import Passing as Passing
from .scenario import Rule as Rule
from .scenario import Scenario as Scenario
from .scenario import refused as refused
from .spec import FAULTS as FAULTS
from .spec import described as described
from .spec import keys_of as keys_of
from .spec import load as load
from .spec import parse as parse
