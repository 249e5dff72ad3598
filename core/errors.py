"""The one class of error that a person can mend."""


class UserError(Exception):
    """Something that the person can put right; its text is one sentence that says what to do."""
