"""The errors that a channel answers each in its own way; whatever else is wrong in what was handed in is `Problems`."""

from retention.errors import ConflictError, RefusedError, TamperedError

__all__ = ["ConflictError", "RefusedError", "TamperedError"]
