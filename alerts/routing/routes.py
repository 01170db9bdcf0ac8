"""What stands in `routing.yaml`, as it is read: routes, hours, escalation, papers and the ways out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from alerts.letters.notice import RecipientKind
from alerts.rule import Severity
from ledger.words import Language

Mode: TypeAlias = Literal["immediately", "digest", "never"]
OfficeRole: TypeAlias = Literal["officer", "reviewer", "administrator"]
EscalationTarget: TypeAlias = Literal["agency", "authority", "head"]
PaperKind: TypeAlias = Literal["lagging-list", "morning-digest", "month-summary"]
PaperFormat: TypeAlias = Literal["pdf", "ods"]
Security: TypeAlias = Literal["starttls", "tls", "none"]
TimeOfDay: TypeAlias = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""`HH:MM` in Taipei."""
SettingCount: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
SettingText: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]

RECIPIENTS: Final[tuple[RecipientKind, ...]] = ("agency", "authority", "office")


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts a route is for; what is left out asks nothing."""

    rules: list[str] = []
    severities: list[Severity] = []
    levels: list[str] = []
    """What the alert is about: `line`, `agency`, `authority`, `reserve` …"""
    agencies: list[str] = []


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the list. Of all routes the first whose `when` holds is the one that counts."""

    when: When = When()
    agency: Mode = "never"
    authority: Mode = "never"
    office: Mode = "never"
    webhooks: list[str] = []
    chats: list[str] = []
    kafka: Literal["immediately", "never"] = "immediately"
    language: Language | None = None
    """None: each reader's own, else the city's."""

    def mode(self, kind: RecipientKind) -> Mode:
        """How a kind of recipient is told."""
        found: Mode = getattr(self, kind)
        return found


class Between(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the day, from a time up to another (not included); past midnight where the second is the earlier."""

    start: TimeOfDay
    end: TimeOfDay

    def holds(self, at: time) -> bool:
        """Whether a time of day lies in it."""
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        return start <= at < end if start <= end else at >= start or at < end


class EscalationStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done so many working days after the day due, or after the step before, while nobody has answered."""

    after: Annotated[int, msgspec.Meta(ge=1, le=250)]
    to: EscalationTarget
    then: str | None = None


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper that leaves by itself. Days are of the month (1 … 31), moved to the next working day; none: every working day."""

    paper: PaperKind
    to: RecipientKind
    at: TimeOfDay = "08:30"
    days: list[Annotated[int, msgspec.Meta(ge=1, le=31)]] = []
    before: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    """So many working days before each of the days: a list is wanted before the meeting."""
    formats: tuple[PaperFormat, ...] = ("pdf", "ods")


class SmtpServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server. The password stands in a file, or in the environment (BUDGETWATCH_SMTP_PASSWORD); never here."""

    host: SettingText
    sender: SettingText
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    security: Security = "starttls"
    """`none` is for a server on this machine alone."""
    user: str | None = None
    password_file: str | None = None
    reply_to: str = ""
    ca_file: str | None = None
    """Whose certificates are believed, where it is not the system's list."""
    timeout_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30


class Maildir(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of mails, for whoever has no server; another program carries them on."""

    folder: SettingText
    """Within the settings' folder unless it begins with `/`."""
    sender: SettingText = "budgetwatch@localhost.localdomain"
    reply_to: str = ""


class WebhookTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where notices are posted as JSON, signed as Standard Webhooks asks. Its host stands in `allowed_hosts`."""

    url: SettingText
    secret_file: SettingText
    """Holds `whsec_` and the key in base64."""


class ChatTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chat room by its Apprise address, which is a secret and stands in a file of its own."""

    url_file: SettingText


class Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people are reached. Of server and folder one carries the mail: the server where both are named."""

    smtp: SmtpServer | None = None
    maildir: Maildir | None = None
    webhooks: dict[str, WebhookTarget] = {}
    chats: dict[str, ChatTarget] = {}
    allowed_hosts: list[str] = []
    """Hosts of webhooks and chats of one's own, `host` or `host:port`; no other is reached."""
    private_hosts: list[str] = []
    """Those of them that may stand in a private network."""

    @property
    def mail(self) -> str | None:
        """The channel that carries mail; None while none does."""
        return "smtp" if self.smtp is not None else "maildir" if self.maildir is not None else None


class Routing(msgspec.Struct, frozen=True):
    """The file, read and checked."""

    routes: Mapping[str, Route]
    """By name, in order: the first that holds counts."""
    lines: Mapping[str, int]
    """The line of the file on which each route stands."""
    file: str
    escalation: Mapping[str, EscalationStep] = {}
    first_step: str | None = None
    papers: Mapping[str, Paper] = {}
    ways: Ways = Ways()
    language: Language | None = None
    office_roles: tuple[OfficeRole, ...] = ("officer",)
    head_roles: tuple[OfficeRole, ...] = ("administrator",)
    digest_at: TimeOfDay = "08:30"
    office_hours: Between = Between("08:00", "18:00")
    at_any_hour: tuple[Severity, ...] = ("critical",)
    """What need not wait for office hours and working days; for quiet hours it waits too."""
    quiet_hours: Between | None = None
    settle_minutes: int = 2
    max_per_hour: int = 10
    storm: int = 200
    give_up_hours: int = 72

    def steps(self) -> list[tuple[str, EscalationStep]]:
        """The steps of escalation, from the first on."""
        found, name = [], self.first_step
        while name is not None:
            step = self.escalation[name]
            found.append((name, step))
            name = step.then
        return found
