"""The papers of a disposal made, written into the office and filed as permanent records.

Papers lie in the folder ``disposal`` below the office, one folder a list, and every one of them is a record that no
list can ever name (D12). Nothing is overwritten: what a list looks like later is a paper of its own. Asking twice for
the same paper gives the one that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from docgen import WordTemplate
from foundation.atomic_file import write_atomic
from foundation.language import N_, _
from office.archive import ledgers, shares
from office.archive.archive import Archive, Wanted
from office.archive.people import full_names
from office.disposal import papers
from office.disposal.papers import (
    APPRAISAL,
    APPROVAL,
    CERTIFICATE,
    DUE,
    EXTENSION,
    HOLD,
    REGISTER,
    SUPERVISION,
    TITLES,
    Around,
    DueRow,
    Proof,
)
from office.disposal.proof_code import PaperCode
from office.office import Office
from retention.acts import accounts
from retention.disposal import approval
from retention.errors import ConflictError, Place, Problem, ProblemKind, Remedy, UnknownError
from retention.filing.first_lines import peek
from retention.ledger import proving, schema
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.ledger.selection import conditions
from retention.ledger.view import CHUNK, View, chunks, due_on
from retention.rules import disposal_lists as lists
from retention.rules.events import Filed
from retention.rules.model import DisposalList, ListState, Wish
from retention.rules.people import Role
from retention.rules.reckoning import reckonings

HOLDS, DUES = "冻结", "到期"

_PERSONS = tuple(role for role in Role if role is not Role.ADMINISTRATOR)
_STAGES = {
    ListState.DRAFT: "草案",
    ListState.RETURNED: "草案",
    ListState.SUBMITTED: "送审",
    ListState.APPROVED: "已批准",
    ListState.EXECUTING: "执行中",
    ListState.EXECUTED: "已执行",
    ListState.REJECTED: "未批准",
    ListState.WITHDRAWN: "已撤回",
    ListState.EXPIRED: "已过期",
}
_STAGED = frozenset({REGISTER, APPROVAL, SUPERVISION})
_FROZEN = frozenset(
    {ListState.SUBMITTED, ListState.APPROVED, ListState.EXECUTING, ListState.EXECUTED, ListState.WITNESSED}
)
_DONE = frozenset({ListState.EXECUTED, ListState.WITNESSED})
_ENDED = frozenset(ListState) - _FROZEN - {ListState.DRAFT, ListState.RETURNED}


@dataclass(frozen=True, slots=True)
class Kept:
    """A paper in its place. ``new``: it was made now; otherwise it lay there, the same."""

    form: str
    path: Path
    new: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A paper to be made: what it prints, in which folder, under which name; ``proof`` is taken when it is made."""

    form: str
    context: dict[str, Any]
    folder: str
    name: str
    proof: Callable[[], Proof] | None = None

    @property
    def digest(self) -> str:
        digest: str = self.context["meta"]["digest"]
        return digest


# --- what is made -----------------------------------------------------------------------------------------------


def around(office: Office, view: View) -> Around:
    """What stands on every paper of an office, with the names of all who ever had an account."""
    settings = office.settings
    return Around(settings.name, settings.company, settings.project, settings.version, full_names(view))


def forms_for(of: DisposalList) -> tuple[str, ...]:
    """The papers a list has in its state: appraisal from the draft on, register once frozen, proof once executed."""
    forms = [DUE, APPRAISAL]
    if any(opinion.wish is not Wish.DESTROY for opinion in of.opinions):
        forms.append(EXTENSION)
    if of.state in _FROZEN:
        forms += [REGISTER, APPROVAL]
    if of.state in _DONE:
        forms += [SUPERVISION, CERTIFICATE]
    return tuple(forms)


def make(  # noqa: PLR0913 - each is one of the things a paper is made of
    office: Office,
    ledger: Ledger,
    stamp: Stamp,
    number: str,
    forms: Sequence[str] = (),
    *,
    backups_until: date | None = None,
) -> tuple[Kept, ...]:
    """Make papers of a list, those its state allows without ``forms``, and file them by the person of ``stamp``.

    All of them are written and filed, or none. UnknownError for a list there is not; RefusedError for a person who
    may not; ConflictError for a paper its state does not give yet; TamperedError where the ledger does not hold.
    """
    with ledger.read() as view:
        accounts.require(view, stamp.actor, *_PERSONS)
        of, known = _proven(view, number), around(office, view)
    allowed = forms_for(of)
    if too_early := [form for form in forms if form not in allowed]:
        raise ConflictError(
            [
                _TOO_EARLY(
                    Place(part=_("disposal list {number}").format(number=of.number)),
                    paper=TITLES[form],
                    state=lists.state_name(of.state),
                )
                for form in too_early
            ]
        )
    wanted = forms or allowed
    made = [_wanted(known, of, form) for form in wanted if form != CERTIFICATE]
    if CERTIFICATE in wanted:
        context = papers.certificate(known, of, backups_until)
        title = TITLES[CERTIFICATE] + ("（未完成）" if context["unfinished"] else "")
        made.append(_Wanted(CERTIFICATE, context, number, title, lambda: proof_of(office, ledger, of, stamp.at)))
    return _keep(office, ledger, stamp, made)


def due_rows(archive: Archive, wanted: Wanted, on: date) -> list[DueRow]:
    """The lines of the 到期清单 of a day, by the days the records were kept to and where they lie."""
    with archive.ledger.read() as view:
        where = conditions(archive.selection(view, wanted))
        found = reckonings(view.records(due_on(on), *where), view.adoptions())
        rows = [papers.due_row(record, each) for record, each in found]
    return sorted(rows, key=lambda row: (row.kept_until, row.place))


def make_due(office: Office, ledger: Ledger, stamp: Stamp, rows: Sequence[DueRow], on: date | None = None) -> Kept:
    """File the 到期清单 of a day (today's without ``on``), before any list was drafted."""
    with ledger.read() as view:
        accounts.require(view, stamp.actor, *_PERSONS)
        context = papers.due(around(office, view), rows, on or stamp.on)
    (kept,) = _keep(office, ledger, stamp, [_Wanted(DUE, context, DUES, f"{TITLES[DUE]} {on or stamp.on}")])
    return kept


def make_hold(office: Office, ledger: Ledger, stamp: Stamp, hold_id: str, codes: dict[str, str]) -> Kept:
    """File the 冻结通知 of a hold. ``codes``: the code of a class by its key."""
    with ledger.read() as view:
        accounts.require(view, stamp.actor, *_PERSONS)
        placed = view.hold(hold_id)
        if placed is None:
            where, hint = Place(part=_("hold {id}").format(id=hold_id)), Remedy("hold.choose")
            raise UnknownError(Problem(where, _("there is no such hold"), hint, "paper.no_hold", "D3"))
        records = sorted(view.records_held_by(hold_id), key=lambda record: (record.share, record.path))
        context = papers.hold(around(office, view), placed, records, codes)
    (kept,) = _keep(office, ledger, stamp, [_Wanted(HOLD, context, HOLDS, f"{TITLES[HOLD]} {hold_id}")])
    return kept


def render(office: Office, form: str, context: dict[str, Any]) -> bytes:
    """A paper's document by the office's own template, else the shipped one. The same context gives the same bytes."""
    template = office.templates.get(form)
    if template is None:
        template = office.templates[form] = WordTemplate.load(office.file_of(form, "template.docx"), control="remove")
    return template.render(context, compression="compact")


def proof_of(office: Office, ledger: Ledger, of: DisposalList, at: datetime) -> Proof:
    """A checkpoint taken now, and where the ledger tells of the list. TamperedError where the ledger does not hold."""
    point, _place = ledgers.take_checkpoint(office, at)
    with ledger.read() as view:
        last = _last_event(view, [of.id, *(item.record_id for item in of.items)])
    return Proof(PaperCode(point, of.number, of.digest or ""), int(of.id), last)


def _proven(view: View, number: str) -> DisposalList:
    """The list, with rows that are what the events say: a paper is made of nothing else."""
    of = approval.find(view, number)
    proving.proven(view, (item.record_id for item in of.items))
    return of


def _last_event(view: View, subjects: Sequence[str]) -> int:
    table = schema.events.c
    newest = (view.rows(select(func.max(table.seq)).where(table.subject.in_(part))) for part in chunks(subjects, CHUNK))
    return max(int(seq) for rows in newest for (seq,) in rows if seq is not None)


def _wanted(known: Around, of: DisposalList, form: str) -> _Wanted:
    title = TITLES[form]
    if form == DUE:
        context = papers.due(known, [*map(papers.due_item, of.items)], of.drafted_on, of.number)
    else:
        context = _CONTEXTS[form](known, of)
        title += f"（{_STAGES[of.state]}）" if form in _STAGED and of.state in _STAGES else ""
    return _Wanted(form, context, of.number, title)


_CONTEXTS = {
    APPRAISAL: papers.appraisal,
    REGISTER: papers.register,
    APPROVAL: papers.approval,
    SUPERVISION: papers.supervision,
    EXTENSION: papers.extension,
}


_TOO_EARLY = ProblemKind(
    "paper.too_early",
    N_("there is no {paper} yet: the list is {state}"),
    N_("Make it when the list has come that far."),
    "D11",
)


# --- written and filed ------------------------------------------------------------------------------------------


def _keep(office: Office, ledger: Ledger, stamp: Stamp, wanted: Sequence[_Wanted]) -> tuple[Kept, ...]:
    """Write what does not lie there yet, file what is not filed; where the ledger refuses, nothing stays written."""
    root = office.folder / shares.PAPERS
    kept, contents = [], dict[Path, bytes]()
    for paper in wanted:
        place, content = _lying(root / paper.folder, paper)
        new = content is None
        contents[place] = _rendered(office, paper) if content is None else content
        kept.append(Kept(paper.form, place, new))
    written: list[Path] = []
    try:
        for each in kept:
            if each.new:
                each.path.parent.mkdir(parents=True, exist_ok=True)
                written.append(each.path)
                write_atomic(each.path, contents[each.path])
        ledger.commit(lambda view: _filings(view, stamp, root, kept, contents), stamp)
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    return tuple(kept)


def _rendered(office: Office, paper: _Wanted) -> bytes:
    proven = papers.proven(paper.proof()) if paper.proof else {}
    return render(office, paper.form, paper.context | proven)


def _lying(folder: Path, paper: _Wanted) -> tuple[Path, bytes | None]:
    """The file that is this paper already, whole; else a name nobody has yet."""
    for place in sorted(folder.glob(f"{TITLES[paper.form]}*.docx")):
        content = place.read_bytes()
        said = peek(content).properties
        if said.get("guidang.form") == paper.form and said.get("guidang.digest") == paper.digest:
            return place, content
    names = (f"{paper.name}.docx" if n == 1 else f"{paper.name} ({n}).docx" for n in count(1))
    return next(folder / name for name in names if not (folder / name).exists()), None


def _filings(
    view: View, stamp: Stamp, root: Path, kept: Iterable[Kept], contents: dict[Path, bytes]
) -> Iterator[Draft]:
    accounts.require(view, stamp.actor, *_PERSONS)
    for each in kept:
        path, content = each.path.relative_to(root).as_posix(), contents[each.path]
        digest, title = sha256(content).hexdigest(), TITLES[each.form]
        known = view.records_at(shares.PAPERS, path)
        if any(record.digest == digest for record in known):
            continue
        if known:  # a file changed since it was filed: it is not taken for the paper again
            raise ConflictError(_CHANGED(str(each.path)))
        evidence = (f"guidang.form {each.form}",)
        filed = Filed(shares.PAPERS, path, digest, len(content), title, dated=stamp.on, evidence=evidence, proof=True)
        yield Draft("", filed)


_CHANGED = ProblemKind(
    "paper.changed",
    N_("this paper was changed after it was filed"),
    N_("Put it away under another name, and make the paper again."),
    "D12",
)


# --- looked after -----------------------------------------------------------------------------------------------


def faults(office: Office, view: View) -> Iterator[Problem]:
    """The papers that were filed and are not there any more, or not as they were filed; no watcher looks at them."""
    table = schema.records.c
    for record in view.records(table.share == shares.PAPERS, table.proof):
        place = office.folder / shares.PAPERS / record.path
        try:
            digest = sha256(place.read_bytes()).hexdigest()
        except FileNotFoundError:
            hint = Remedy("papers.make")
            yield Problem(str(place), _("this paper is gone, though it is permanent"), hint, "paper.gone", "D12")
        else:
            if digest != record.digest:
                yield _CHANGED(str(place))
