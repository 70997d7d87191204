"""What the log's readers raise, in words for whoever must mend what they found."""


class Malformed(ValueError):
    """Text or bytes that the format does not allow. Its words say what was found."""


class Unproven(ValueError):
    """A signature or a proof that does not hold. Its words say which."""
