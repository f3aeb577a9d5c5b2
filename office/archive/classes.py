"""The classes an office's files may be of: from its forms, its schedule and the papers guidang itself makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from docgen.errors import DataError
from docgen.forms.declaration import Form
from docgen.forms.outline import FormOutline
from foundation.folding import normal_name
from foundation.language import _
from office.archive import ledgers
from office.office import Office
from retention.errors import Problem, SourceError, UnknownError
from retention.filing.titles import DEPARTMENT_WORDS, Catalogue, Kind
from retention.ledger.counting import class_keys
from retention.ledger.view import View
from retention.rules.schedule import RecordClass, ScheduleVersion
from retention.rules.schedule_table import find, names_of, version_of

DISPOSAL_PAPERS = {
    "disposal-due": "到期清单",
    "disposal-appraisal": "鉴定意见书",
    "disposal-register": "销毁清册",
    "disposal-approval": "销毁审批表",
    "disposal-supervision": "监销记录",
    "disposal-certificate": "销毁证明",
    "disposal-extension": "续存登记",
    "disposal-hold": "冻结通知",
}
"""The papers of a disposal by their forms, in the order they are made."""

KINDS = tuple(Kind(title, title, form=form, period="none", many=True) for form, title in DISPOSAL_PAPERS.items())
"""What a copy of such a paper on a share is: so a scan knows it, whatever it was renamed to. No schedule has these."""

BASE_DATA = Kind("基础数据汇总表", "基础数据汇总表", form="monthly-report/base-data", aliases=("基础数据汇总",))
ANNEX = Kind("指标明细", "指标明细", form="monthly-report/annex")
_CUT_SHORT = "…"


# --- as records and people name them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Classes:
    """The classes of an office as records and people name them."""

    catalogue: Catalogue
    version: ScheduleVersion

    @classmethod
    def of(cls, office: Office, view: View | None = None) -> Classes:
        """Those of the schedule in force, else of schedule.csv, and of the office's forms."""
        version = schedule_of(office, view)
        return cls(catalogue_of(office, version), version)

    def kind(self, key: str | None) -> Kind | None:
        """The kind a record's class key stands for; None where no class has it any more."""
        kinds = self.catalogue.kinds
        if key is None or key in kinds:
            return kinds.get(key or "")
        known = find(self.version, key)
        return kinds.get(known.key) if known else None

    def title(self, key: str | None) -> str:
        """A record's class as the schedule calls it, else as its form does; empty where it has none."""
        kind = self.kind(key)
        if kind is None:
            return key or ""
        known = find(self.version, kind.key)
        return known.title if known and known.key == kind.key else kind.title

    @property
    def codes(self) -> dict[str, str]:
        """The code of each class by its key."""
        return {key: kind.code for key, kind in self.catalogue.kinds.items()}

    def named(self, text: str) -> Kind:
        """The one kind that a person means: by key, code, title or alias. UnknownError, with what there is."""
        wanted, kinds = normal_name(text), [*self.catalogue.kinds.values()]
        for names in (_proper_names, lambda kind: kind.aliases):
            found = [kind for kind in kinds if wanted in {normal_name(name) for name in names(kind)}]
            if len(found) == 1:
                return found[0]
            if found:
                titles = "、".join(self.catalogue.title(kind.key) for kind in found)
                message = _("“{text}” can be several classes: {titles}").format(text=text, titles=titles)
                raise UnknownError(Problem("", message, _("Name it by its whole title or its code."), "class.several"))
        titles = "、".join(sorted({kind.title for kind in kinds}))
        hint = _("Classes are: {titles}.").format(titles=titles)
        raise UnknownError(Problem("", _("there is no class “{text}”").format(text=text), hint, "class.unknown"))

    def keys_of(self, view: View, kind: Kind) -> frozenset[str]:
        """The keys that records of a kind have: its own, and earlier ones that the schedule still knows as its (P1)."""
        found = (key for key in class_keys(view) if self.kind(key) is kind)
        return frozenset((kind.key, *found))

    def single(self, view: View) -> frozenset[str]:
        """The keys of classes of which one file for each period and department is usual."""
        kinds = {key: self.kind(key) for key in class_keys(view)}
        return frozenset(key for key, kind in kinds.items() if kind and not kind.many)


def _proper_names(kind: Kind) -> tuple[str, ...]:
    return tuple(filter(None, (kind.key, kind.title, kind.code)))


# --- of an office --------------------------------------------------------------------------------


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
    known = version or schedule_of(office)
    return Catalogue(kinds_of(office.outlines, known.classes), departments, places, people)


def kinds_of(forms: Sequence[Form | FormOutline], classes: Sequence[RecordClass]) -> list[Kind]:
    """A kind for each form, what guidang makes beside the report, and one for each class without a form; pure.

    A form whose class the schedule knows has that class's key; one that a class knows among others, as an alias, and
    one that it does not know has its complete code as key, else its title.
    """
    classes_of = {form.id: _class_of(form, classes) for form in forms}
    owners = Counter(found.key for found in classes_of.values() if found)
    kinds = [BASE_DATA, ANNEX, *KINDS]
    for form in forms:
        found = classes_of[form.id]
        own = found is not None and (owners[found.key] == 1 or normal_name(found.key) in _own_names(form))
        kinds.append(_kind(form, found if own else None))
    taken = {kind.key for kind in kinds}
    titles = {normal_name(kind.title) for kind in kinds}
    return [*kinds, *(_without_form(each, titles) for each in classes if each.key not in taken)]


def _class_of(form: Form | FormOutline, classes: Sequence[RecordClass]) -> RecordClass | None:
    """The class a form's papers are of: the one with its code, as alias too, else the one that has its title so."""
    code = _complete(form.code)
    by_code = (each for each in classes if code and normal_name(code) in names_of(each))
    by_title = (each for each in classes if normal_name(form.title) in names_of(each) and not (code and each.code))
    return next(by_code, None) or next(by_title, None)


def _kind(form: Form | FormOutline, known: RecordClass | None) -> Kind:
    code = _complete(form.code)
    key, aliases = code or form.title, form.aliases
    if known:
        names = (known.title, *known.aliases)
        key, code = known.key, known.code or code
        aliases = (*aliases, *(name for name in names if name not in (form.title, *form.aliases)))
    return Kind(key, form.title, code, form.id, aliases, form.period, many=form.period == "day")


def _without_form(each: RecordClass, titles: Collection[str]) -> Kind:
    """Of what its periods are nothing is known, nor whether several papers for one are usual."""
    aliases = tuple(alias for alias in each.aliases if normal_name(alias) not in titles)
    return Kind(each.key, each.title, each.code, aliases=aliases, period="none", many=True)


def _own_names(form: Form | FormOutline) -> frozenset[str]:
    return frozenset(normal_name(name) for name in (_complete(form.code), form.title) if name)


def _complete(code: str) -> str:
    """The code of a form, where it is whole: ``JY-…`` is none."""
    return "" if _CUT_SHORT in code else code
