"""What joins an office to its archive: the shares it watches, the classes files may be of, the schedule in force."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from docgen.errors import DataError
from foundation.language import _
from office.archive import ledgers
from office.disposal.papers import KINDS as PAPERS
from office.disposal.papers import SHARE as PROOFS
from retention.errors import Problem, RefusedError, SourceError
from retention.filing.identify import DEPARTMENT_WORDS, Catalogue, Kind
from retention.rules.schedule_table import names_of, version_of
from retention.rules.small_tables import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from docgen.forms.declaration import Form
    from office.office import Office
    from retention.filing.scan import Share
    from retention.ledger.view import View
    from retention.rules.model import RecordClass, ScheduleVersion

BASE_DATA = Kind("基础数据汇总表", "基础数据汇总表", form="monthly-report/base-data", aliases=("基础数据汇总",))
ANNEX = Kind("指标明细", "指标明细", form="monthly-report/annex")
_CUT_SHORT = "…"


# --- shares -----------------------------------------------------------------------------------------------------


def shares(office: Office) -> tuple[Share, ...]:
    """The shares of guidang.toml, in its order; a relative path counts from the office's folder.

    RefusedError, with every fault, where the office lies inside a share: its ledger would be watched, and written
    where nothing may be (D14); or where one share lies inside another: a file would be two records.
    """
    from retention.filing.scan import Share

    found, lies = [], roots(office)
    for name, chosen in office.settings.shares.items():
        times = (chosen.settle_seconds, chosen.missing_after_seconds, chosen.full_scan_minutes * 60)
        settle, missing_after, full_every = (timedelta(seconds=seconds) for seconds in times)
        found.append(
            Share(
                name,
                lies[name],
                settle,
                missing_after,
                full_every,
                chosen.mass_missing_percent,
                chosen.mass_missing_files,
            )
        )
    if problems := [*_misplaced(office.folder, lies)]:
        raise RefusedError(problems)
    return tuple(found)


def _misplaced(folder: Path, roots: Mapping[str, Path]) -> Iterator[Problem]:
    real = {name: root.resolve() for name, root in roots.items()}
    for name, root in real.items():
        if name == PROOFS:
            message = _("this name is kept for the papers of disposals, which lie in the office")
            yield Problem(_share_place(name), message, _("Give the share another name."), "share.reserved", "D12")
        if folder.resolve().is_relative_to(root):
            message = _(
                "the office's own folder lies inside this share: its ledger would be watched, and written there"
            )
            hint = _("Move the office to a local disk of this machine, or name a folder beside it as path.")
            yield Problem(_share_place(name), message, hint, "share.office_inside", "D14")
        for other, outer in real.items():
            if other != name and root.is_relative_to(outer):
                message = _("it lies inside the share {other}: every file would be registered twice").format(
                    other=other
                )
                hint = _("Name only the outer folder, or two that lie side by side.")
                yield Problem(_share_place(name), message, hint, "share.inside_share", "W7")


def _share_place(name: str) -> str:
    return f"guidang.toml shares.{name}"


def roots(office: Office) -> dict[str, Path]:
    """Where the shares of guidang.toml lie, by their names."""
    return {name: office.folder / Path(chosen.path).expanduser() for name, chosen in office.settings.shares.items()}


# --- classes ----------------------------------------------------------------------------------------------------


def schedule_of(office: Office, view: View | None = None) -> ScheduleVersion:
    """The schedule adopted last, else schedule.csv as it lies there; no classes where neither can be read.

    ``view``: into the office's ledger, where it is open already.
    """
    if view is None and ledgers.is_there(office):
        with ledgers.open_ledger(office) as ledger, ledger.read() as opened:
            return schedule_of(office, opened)
    if view is not None and (adopted := view.adoptions()):
        return adopted[-1].version
    try:
        return office.schedule().version
    except (DataError, SourceError):
        return version_of(())


def catalogue_of(office: Office, version: ScheduleVersion | None = None) -> Catalogue:
    """The classes files may be of, by the keys records have: the office's forms and the rows of its schedule.

    ``version``: the schedule, where it was read already; else :func:`schedule_of` the office.
    """
    settings = office.settings
    departments = {name: DEPARTMENT_WORDS.get(name, ()) for name in settings.departments.names}
    people = (*settings.visits.persons, *settings.departments.supervisors.values())
    places = (settings.name, settings.company, settings.project)
    forms = [*office.forms.values()]
    known = version or schedule_of(office)
    return Catalogue(kinds_of(forms, known.classes), departments, places, people)


def kinds_of(forms: Sequence[Form], classes: Sequence[RecordClass]) -> list[Kind]:
    """A kind for each form, what guidang makes beside the report, and one for each class without a form; pure.

    A form whose class the schedule knows has that class's key; one that a class knows among others, as an alias, and
    one that it does not know has its complete code as key, else its title.
    """
    classes_of = {form.id: _class_of(form, classes) for form in forms}
    owners = Counter(found.key for found in classes_of.values() if found)
    kinds = [BASE_DATA, ANNEX, *PAPERS]
    for form in forms:
        found = classes_of[form.id]
        own = found is not None and (owners[found.key] == 1 or folded(found.key) in _own_names(form))
        kinds.append(_kind(form, found if own else None))
    taken = {kind.key for kind in kinds}
    titles = {folded(kind.title) for kind in kinds}
    return [*kinds, *(_without_form(each, titles) for each in classes if each.key not in taken)]


def _class_of(form: Form, classes: Sequence[RecordClass]) -> RecordClass | None:
    """The class a form's papers are of: the one with its code, as alias too, else the one that has its title so."""
    code = _complete(form.code)
    by_code = (each for each in classes if code and folded(code) in names_of(each))
    by_title = (each for each in classes if folded(form.title) in names_of(each) and not (code and each.code))
    return next(by_code, None) or next(by_title, None)


def _kind(form: Form, known: RecordClass | None) -> Kind:
    code = _complete(form.code)
    key, aliases = code or form.title, form.aliases
    if known:
        names = (known.title, *known.aliases)
        key, code = known.key, known.code or code
        aliases = (*aliases, *(name for name in names if name not in (form.title, *form.aliases)))
    return Kind(key, form.title, code, form.id, aliases, form.period, many=form.period == "day")


def _without_form(each: RecordClass, titles: Collection[str]) -> Kind:
    """Of what its periods are nothing is known, nor whether several papers for one are usual."""
    aliases = tuple(alias for alias in each.aliases if folded(alias) not in titles)
    return Kind(each.key, each.title, each.code, aliases=aliases, period="none", many=True)


def _own_names(form: Form) -> frozenset[str]:
    return frozenset(folded(name) for name in (_complete(form.code), form.title) if name)


def _complete(code: str) -> str:
    """The code of a form, where it is whole: ``JY-…`` is none."""
    return "" if _CUT_SHORT in code else code
