"""Reading `city.yaml`, what a city says of itself (CONTRACT §7), with the place of whatever cannot stand."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alerts.yaml_files import YamlFile
from ledger.city import NO_CITY, City
from ledger.fiscal import is_day

CITY: Final = "city.yaml"


def read_city(path: Path) -> City:
    """What a city says of itself; nothing where there is no file. Raises CatalogueProblem with line and reason."""
    if not path.exists():
        return NO_CITY
    file = YamlFile(path, str(path))
    city = file.convert(City)
    for field in ("days_off", "working_days"):
        for place, day in enumerate(getattr(city, field)):
            if not is_day(day):
                raise file.problem((field, place), f"{day!r} is no day; write it like 2025-01-31")
    for field in ("lagging_reasons", "answer_reasons"):
        codes = [each.code for each in getattr(city, field)]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                raise file.problem((field, place, "code"), f"{code} stands there twice; write another code")
    return city
