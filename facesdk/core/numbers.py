"""Numbers and flags from callers, Python's or NumPy's, checked and turned into Python's."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from facesdk.errors import InvalidOptions


def whole_number(name: str, value: Any, low: int, high: int) -> int:
    """Convert to int.

    Args:
        name: of the argument, for the message.
        value: int, a NumPy integer, or a NumPy array without dimensions that holds one.
        low: smallest number allowed.
        high: largest number allowed.

    Raises:
        InvalidOptions: anything else; True and False are no numbers.
    """
    given = _scalar(value)
    fits = isinstance(given, numbers.Integral) and not isinstance(given, bool)
    if not fits or not low <= given <= high:
        raise InvalidOptions(f"{name}: got {value!r}, expected a whole number from {low} to {high}")
    return int(given)


def number(name: str, value: Any, low: float, high: float) -> float:
    """Convert to float; arguments and errors as of `whole_number`, for whole and other numbers."""
    given = _scalar(value)
    fits = isinstance(given, numbers.Real) and not isinstance(given, bool)
    # NaN fails the comparison, so it is refused here too.
    if not fits or not low <= given <= high:
        raise InvalidOptions(f"{name}: got {value!r}, expected a number from {low:g} to {high:g}")
    return float(given)


def flag(name: str, value: Any) -> bool:
    """Convert True or False, Python's or NumPy's, to bool.

    Raises:
        InvalidOptions: anything else; 0 and 1 are no flags.
    """
    given = _scalar(value)
    if not isinstance(given, bool):
        raise InvalidOptions(f"{name}: got {value!r}, expected True or False")
    return given


def _scalar(value: Any) -> Any:
    """NumPy's scalars and arrays without dimensions as Python's numbers; all else as it is."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value
