"""The errors that can occur. Their messages come from the program."""


class LabserveError(Exception):
    """Anything that labserve could not do."""


class NotStarted(LabserveError):
    """The program was not found, or it ended before it could be used."""


class Ended(LabserveError):
    """The program is not running any more."""


class Refused(LabserveError):
    """The program refused a call: a rule, a setting or a name is wrong. `code` identifies the error for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotInTime(LabserveError, TimeoutError):
    """The event that was waited for did not happen in time."""
