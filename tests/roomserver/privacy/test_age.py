"""The age screen; what follows from reports is in ``test_rights``."""

from __future__ import annotations

import datetime as dt

import pytest

from protocol.commands import Birth
from protocol.errors import ErrorCode, Rejected
from roomserver.privacy.age import age_of, screen


@pytest.mark.parametrize(
    ("birth", "today", "expected"),
    [
        ((2010, 6, 15), (2023, 6, 14), False),
        ((2010, 6, 15), (2023, 6, 15), True),
        ((2010, 6, 15), (2023, 6, 16), True),
        ((2010, 12, 31), (2023, 1, 1), False),
        ((2012, 2, 29), (2025, 2, 28), False),
        ((2012, 2, 29), (2025, 3, 1), True),
        ((2011, 2, 28), (2024, 2, 28), True),
        ((1900, 1, 1), (2024, 1, 1), True),
        ((2030, 1, 1), (2024, 1, 1), False),
        ((9999, 12, 31), (2024, 1, 1), False),
    ],
)
def test_old_enough(birth: tuple[int, int, int], today: tuple[int, int, int], expected: bool) -> None:
    """Thirteen on the birthday and not the day before; whoever is born in the future is not."""
    year, month, day = birth
    assert (age_of(Birth(year=year, month=month, day=day), dt.date(*today)) >= 13) is expected


@pytest.mark.parametrize(
    ("age", "minimum", "band"),
    [
        *((12, 13, None), (13, 13, "13-15"), (15, 13, "13-15"), (15, 16, None), (16, 16, "16-17")),
        *((17, 13, "16-17"), (18, 13, "18+"), (99, 13, "18+"), (5, 0, None), (17, 18, None)),
    ],
)
def test_bands(age: int, minimum: int, band: str | None) -> None:
    """Of an age only the band is kept; under the minimum, and always under 13, there is a plain refusal."""
    birth, today = Birth(year=2000, month=3, day=1), dt.date(2000 + age, 3, 1)
    if band is None:
        with pytest.raises(Rejected) as refused:
            screen(birth, today, minimum)
        assert refused.value.code is ErrorCode.REGISTRATION_REFUSED
        assert not any(word in str(refused.value).lower() for word in ("age", "young", "old", "13", "birth"))
    else:
        assert screen(birth, today, minimum) == band


@pytest.mark.parametrize(("year", "month", "day"), [(2001, 2, 29), (1999, 4, 31), (1900, 2, 29)])
def test_no_such_day(year: int, month: int, day: int) -> None:
    """A date that never was is refused, naming the field."""
    with pytest.raises(Rejected) as refused:
        age_of(Birth(year=year, month=month, day=day), dt.date(2024, 1, 1))
    assert refused.value.code is ErrorCode.BAD_PARAMS
    assert refused.value.facts["field"] == "birth"
