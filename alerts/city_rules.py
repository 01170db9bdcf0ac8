"""A city's own parameter values, laid over those that ship: `rules/<slug>.yaml` and `law/<slug>.yaml` of its settings.

A file names parameters of the rule and their values with date, citation and `basis_status`, as in a `rule.yaml`. A value
of the same date takes the place of the one that ships; any other stands beside it from its date on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from alerts.laws import Law, check_days, read_law
from alerts.rule import Parameter, Rule, values_by_day
from alerts.rule_file import ValueFile, read_value
from alerts.yaml_files import CatalogueProblem, Steps, YamlFile
from ledger.city import City


class _CityRuleFile(msgspec.Struct, forbid_unknown_fields=True):
    parameters: dict[str, Any]


class _ValuesFile(msgspec.Struct, forbid_unknown_fields=True):
    values: list[ValueFile]


def files_of(settings: Path) -> list[Path]:
    """The files of a city that say how is judged, in the order in which their digest counts them."""
    return [*sorted((settings / "law").glob("*.yaml")), *sorted((settings / "rules").glob("*.yaml"))]


def digest_with(shipped: str, settings: Path, city: City) -> str:
    """The digest of the rules with a city's own, and its days, over them; the same as without where it has none."""
    files, days = files_of(settings), [sorted(city.days_off), sorted(city.working_days)]
    if not files and not any(days):
        return shipped
    digest = hashlib.sha256(shipped.encode())
    digest.update(msgspec.json.encode(days))
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(settings).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def laws_with(laws: Mapping[str, Law], settings: Path) -> dict[str, Law]:
    """The laws with those of the city beside them. Raises CatalogueProblem where one is wrong, or bears a name that is taken."""
    found = dict(laws)
    for path in sorted((settings / "law").glob("*.yaml")):
        law = read_law(path, str(path))
        if law.slug in found:
            raise CatalogueProblem(f"{path}:1: the law {law.slug} ships with the program; name this one otherwise")
        found[law.slug] = law
    return found


def laid_over(rules: Mapping[str, Rule], laws: Mapping[str, Law], settings: Path) -> dict[str, Rule]:
    """The rules with the city's values. Raises CatalogueProblem with file, line and reason."""
    found = dict(rules)
    for path in sorted((settings / "rules").glob("*.yaml")):
        if path.stem not in found:
            raise CatalogueProblem(f"{path}:1: no rule {path.stem}; name the file after one of {', '.join(found)}")
        found[path.stem] = _with_values(found[path.stem], YamlFile(path, str(path)), laws)
    return found


def _with_values(rule: Rule, file: YamlFile, laws: Mapping[str, Law]) -> Rule:
    read = file.convert(_CityRuleFile)
    known = {parameter.name: parameter for parameter in rule.parameters}
    for name in read.parameters:
        if name not in known:
            has = ", ".join(known) or "none"
            raise file.problem(("parameters", name), f"{rule.slug} has no parameter {name}; it has {has}")
        known[name] = _merged(known[name], file, ("parameters", name), laws)
    parameters = tuple(known.values())
    starts, in_force = values_by_day(parameters)
    return msgspec.structs.replace(rule, parameters=parameters, starts=starts, in_force=in_force)


def _merged(parameter: Parameter, file: YamlFile, steps: Steps, laws: Mapping[str, Law]) -> Parameter:
    read = file.convert(_ValuesFile, steps)
    check_days(file, (*steps, "values"), [value.start for value in read.values], "from")
    by_day = {value.start: value for value in parameter.values}
    for place, value in enumerate(read.values):
        by_day[value.start] = read_value(file, (*steps, "values", place), value, parameter.unit, laws)
    return msgspec.structs.replace(parameter, values=tuple(by_day[day] for day in sorted(by_day)))
