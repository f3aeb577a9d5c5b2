"""Pure: how names are compared: what of width, case, blanks, marks and ways of writing makes no difference."""

from __future__ import annotations

import re
import unicodedata

_VARIANTS = str.maketrans("帐像", "账象")  # 台帐 is 台账, 图像 is 图象


def normal(text: str) -> str:
    """Width and composition: ２０２６ is 2026, a decomposed name is composed."""
    return unicodedata.normalize("NFKC", text)


def unspaced(text: str) -> str:
    """:func:`normal`, without blanks and line breaks."""
    return re.sub(r"\s+", "", normal(text))


def folded(text: str) -> str:
    """:func:`normal`, without capitals and other ways of writing a character; as long as that, place by place."""
    return normal(text).casefold().translate(_VARIANTS)


def normal_label(text: str) -> str:
    """A heading or label as it is compared: without blanks and underscores."""
    return re.sub(r"[\s_]+", "", folded(text))


def normal_name(text: str) -> str:
    """A title or code as it is compared: without blanks and the brackets around titles, every dash alike.

    ``《月工作计划》`` and ``月工作计划`` are one name, ``QG—FW—01—01`` and ``QG_FW-01-01`` one code.
    """
    return re.sub(r"[\s《》〈〉<>「」“”\"]", "", re.sub(r"[‐‑‒–—―−－_]", "-", folded(text)))
