"""What the API's questions may be filtered by. An unknown name or value is refused: left out, it would answer another question."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import Dependency
from litestar.exceptions import NotFoundException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from ledger.fiscal import parse_day

PAGE_MAX: Final = 10_000
OFFSET_MAX: Final = 1_000_000_000

LimitFilter: TypeAlias = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, description="At most so many.")]
Offset: TypeAlias = Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX, description="After leaving out so many.")]
FiscalYear: TypeAlias = Annotated[int | None, QueryParameter(ge=1, le=999, description="ROC year; 114 is 2025.")]
AsOf: TypeAlias = Annotated[
    str | None, QueryParameter(description="Count the allotments up to this day: 2025-06-30 or 114/06/30; else today.")
]
LevelName: TypeAlias = Annotated[Literal["line", "agency", "authority", "city"] | None, QueryParameter()]
Levels: TypeAlias = Annotated[
    list[Literal["agency", "authority", "city"]] | None,
    QueryParameter(description="Figures of these levels alone; may be repeated."),
]
Agencies: TypeAlias = Annotated[
    list[str] | None, QueryParameter(description="What these agencies alone are named in; may be repeated.")
]
EconomicClass: TypeAlias = Annotated[Literal["current", "capital", "all"] | None, QueryParameter()]
ReserveFilter: TypeAlias = Annotated[Literal["first", "second", "disaster"] | None, QueryParameter()]
StateFilter: TypeAlias = Annotated[
    Literal["open", "acknowledged", "resolved", "closed"] | None,
    QueryParameter(name="state", description="As people's acts have put it."),
]
Review: TypeAlias = Annotated[
    Literal["pending", "partly", "approved", "reduced", "declined", "cancelled"] | None,
    QueryParameter(description="How far the review of a case has come."),
]
SeverityFilter: TypeAlias = Annotated[Literal["info", "warn", "high", "critical"] | None, QueryParameter()]


def known_names(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: a parameter that the handler does not know is refused, 400."""
    fields = handler.parsed_fn_signature.parameters
    known = {
        getattr(field.kwarg_definition, "name", None) or name
        for name, field in fields.items()
        if not any(isinstance(each, Dependency) for each in field.metadata)
    }
    unknown = sorted(set(Request(connection.scope).query_params) - known)
    if unknown:
        raise ValidationException(
            f"no such filter: {', '.join(unknown)}; there are {', '.join(sorted(known)) or 'none'}"
        )


TYPED: Final = {"year": "typed"}
"""Of a route that is asked while somebody types: a year that is none yet has nothing to show."""


def year_of_three_digits(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of pages: a year that can be none is refused, 400; one without books shows another year's, and says which."""
    if handler.opt.get("year") == "typed":
        return
    asked = Request(connection.scope).query_params.get("year", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= 3):
        raise ValidationException("year: a ROC year of at most three digits")


def numbers_that_can_be(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of pages: a number in the address that no database could look for, or a year that is none, is 404."""
    for name, given in connection.path_params.items():
        most = YEAR_MAX if name in ("year", "fiscal_year") else NUMBER_MAX
        if isinstance(given, int) and not 0 <= given <= most:
            raise NotFoundException("no such number")


YEAR_MAX: Final = 999
NUMBER_MAX: Final = 2**63 - 1


def day_of(text: str) -> str:
    """A day in any form sources write; raises ValidationException."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise ValidationException(f"as_of: {error}") from None
