"""Names that come and go beside documents: one list, for an office's folders as for a share."""

from __future__ import annotations

import pytest

from foundation.temporary_files import passing_name


@pytest.mark.parametrize(
    "name",
    [
        *("~$月报.docx", "~WRL0001.tmp", ".~lock.月报.odt#", "Thumbs.db", "desktop.ini", ".DS_Store", "月报.bak"),
        *("月报.TMP", "月报.crdownload", "._月报.docx", "3F2A9B01"),
    ],
)
def test_it_passes(name: str) -> None:
    assert passing_name(name)


@pytest.mark.parametrize("name", ["月报.docx", ".月报.xlsx", "临时.xlsx", "12345678.pdf"])
def test_it_is_looked_at(name: str) -> None:
    """A name that only begins with a dot is told of rather than passed over in silence."""
    assert not passing_name(name)
