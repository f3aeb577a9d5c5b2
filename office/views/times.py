"""Instants as people read them where the office is."""

from __future__ import annotations

from datetime import datetime

from retention.rules.dates import CHINA, business_date

__all__ = ["business_date", "local"]


def local(at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """An instant in the office's own zone."""
    return f"{at.astimezone(CHINA):{form}}"
