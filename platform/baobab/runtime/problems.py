"""The one error the local runtime shows to the person who started it."""


class RuntimeProblem(Exception):
    """Something the user can act on; its text is shown as it is, without a traceback."""
