"""What the log's readers raise, in words for whoever must mend what they found."""

from pathlib import Path


class Malformed(ValueError):
    """Text or bytes that the format does not allow. Its words say what was found."""


class Unproven(ValueError):
    """A signature or a proof that does not hold. Its words say which."""


class Unfit(Exception):
    """A file of the log is not as it was left: which, what is wrong, what to do. Nothing is built on it."""

    def __init__(self, path: Path, fault: str, remedy: str) -> None:
        super().__init__(f"{path} {fault}. What to do: {remedy}.")
        self.path, self.fault, self.remedy = path, fault, remedy
