"""A change of the layout changes nothing that is written, printed or kept."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from given.places import ROOT

RECORD = ROOT / "tests" / "unchanged" / "record.py"


@pytest.mark.skipif(not os.environ.get("GUIDANG_UNCHANGED"), reason="three minutes and libfaketime")
def test_what_is_written_printed_and_kept_is_as_it_was() -> None:
    run = subprocess.run([sys.executable, str(RECORD)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
