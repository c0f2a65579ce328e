"""What the domain raises when it refuses something."""


class DomainError(ValueError):
    """A refusal with a stable `code` for programs and a message that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["DomainError"], tuple[str, str]]:
        return type(self), (self.code, self.message)


class InstantError(DomainError):
    """A text or a datetime that does not name one instant."""


class CalendarError(DomainError):
    """A calendar that cannot be used, or a question that it has no answer to."""


class TermsError(DomainError):
    """Terms that contradict themselves or lack something."""


class TimelineError(DomainError):
    """Events that cannot have happened in this order."""


class UrgencyError(TimelineError):
    """A step about the urgency that is not open to that side now."""
