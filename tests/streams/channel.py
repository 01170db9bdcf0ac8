"""A channel that keeps what it is given, and fails where a test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.channels import Message


class Taken:
    """Of alerts, unless told otherwise."""

    def __init__(
        self,
        name: str = "taken",
        problem: Callable[[Message], str | None] = lambda _: None,
        kinds: frozenset[str] = frozenset({"alert"}),
    ) -> None:
        self.name, self.problem, self.kinds = name, problem, kinds
        self.messages: list[Message] = []

    def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
        problems = [self.problem(message) for message in messages]
        self.messages += [message for message, problem in zip(messages, problems, strict=True) if problem is None]
        return problems

    def close(self) -> None:
        pass
