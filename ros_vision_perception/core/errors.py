"""The errors a user can act on."""


class PerceptionError(Exception):
    """Something the user can fix. The message is one line: got, expected, available."""


class ConfigurationError(PerceptionError):
    """A parameter, option or file that cannot be used as it is."""


class ModelError(PerceptionError):
    """A model file that is missing, damaged or of another family than asked for."""


class FrameError(PerceptionError):
    """One input frame that cannot be used. The frame is dropped; the next one may be fine.

    Attributes:
        cause: short stable identifier, the same for every frame with this fault; faults are
            counted and logged once per cause.
    """

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
