"""The age screen: a birth date is evaluated and forgotten."""

from __future__ import annotations

import datetime as dt

from protocol.commands import Birth
from protocol.errors import ErrorCode, Rejected

MINIMUM_AGE = 13
"""plug.dj's policy: nobody under thirteen."""


def is_old_enough(birth: Birth, today: dt.date, minimum: int = MINIMUM_AGE) -> bool:
    """
    Say whether somebody born then has reached the minimum age.

    Born on 29 February, one is a year older on 1 March of a common year.

    Raises:
        Rejected: ``bad_params`` when there is no such day.

    """
    try:
        born = dt.date(birth.year, birth.month, birth.day)
    except ValueError:
        message = f"expected a date, got {birth.year}-{birth.month}-{birth.day}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="birth") from None
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years >= minimum
