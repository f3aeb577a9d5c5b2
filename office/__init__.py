"""One service centre: its folder, settings, papers and ledger; the flows that join documents and records."""

from office.office import (
    DEMO_PERIOD,
    DEPARTMENT,
    REPORT,
    SAMPLES,
    SHIPPED,
    MadePapers,
    MadeReport,
    Office,
    copy_sample,
    create_office,
    find_office,
    language_of,
    render_form,
    shipped_forms,
)

__all__ = [
    "DEMO_PERIOD",
    "DEPARTMENT",
    "REPORT",
    "SAMPLES",
    "SHIPPED",
    "MadePapers",
    "MadeReport",
    "Office",
    "copy_sample",
    "create_office",
    "find_office",
    "language_of",
    "render_form",
    "shipped_forms",
]
