"""Pure: what the procedure wants by when, and how it stands with what is filed: on time, late, missing, coming.

A deadline is reckoned by the calendar, day counted in (procedure 5); only answers count working days (3.2.3, 3.3.1).
When something was handed in is taken from what people or the ledger say, never from a file's times: without a day a
paper that is there is done on a day unknown. What the procedure leaves open is in :class:`Rules`.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from foundation.language import _
from foundation.period import Period
from retention.duties.workdays import HolidayTable, WorkingDay, after_working_days, next_working_day, notice_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """事项: one deadline of the procedure; its keys are explained in templates/duties.toml."""

    key: str
    clause: str
    title: str
    every: str
    forms: tuple[str, ...] = ()
    who: str = ""
    to: str = ""
    about: int = 0
    month: int = 0
    day: int = 0
    each: str = "centre"
    soft_until: int = 0
    after: str = ""
    working_days: int = 0
    may_wait: bool = False
    hours: int = 0
    count: int = 1
    remind: int = 3
    needs: tuple[str, ...] = ()
    register: str = ""


class DutyStatus(Enum):
    """How it stands with one deadline."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    COMING = "coming"
    UNDATED = "undated"  # done, but nobody says on which day
    WAITING = "waiting"  # for a step before it, or for the register that would tell


@dataclass(frozen=True, slots=True)
class Rules:
    """What the procedure leaves open (gaps G4–G6, G16; procedure 5; conventions 6).

    ``base_data_warns`` (G4): after the 1st only a reminder, until the 3rd. ``shift_rest_days`` (G5): a deadline on a
    rest day is the next working day. ``unanswered_allowed`` (G6): a plan sent up and not answered holds nothing up.
    ``same_day_counts`` (G16): the day of hand-over is day 1. ``before_includes``: 前 counts the day in.
    ``week_of``: the weekday whose month a week belongs to, Monday 0.
    """

    base_data_warns: bool = True
    shift_rest_days: bool = False
    unanswered_allowed: bool = True
    same_day_counts: bool = False
    before_includes: bool = True
    week_of: int = 4


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One paper handed in or act done: form id or duty key, what it is about, by whom, on which day if that is known.

    ``count``: how many it stands for (households visited).
    """

    what: str
    period: Period
    by: str = ""
    on: date | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class RegisterCase:
    """One row of a register that has to be answered within hours: ``started`` and, if it was, ``done``."""

    form: str
    subject: str
    started: datetime
    done: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when duties are judged. ``covered``: registers handed in, by form id and month."""

    filed: tuple[HandedIn, ...] = ()
    cases: tuple[RegisterCase, ...] = ()
    covered: frozenset[tuple[str, Period]] = frozenset()


@dataclass(frozen=True, slots=True)
class Staff:
    """Who has to hand in: departments, and persons who have to visit customers."""

    departments: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyEntry:
    """One deadline and how it stands. ``moment`` for deadlines of hours; ``estimated``: years reckoned by weekends."""

    duty: Duty
    period: Period
    by: str
    due: date
    status: DutyStatus
    on: date | None = None
    moment: datetime | None = None
    done: int = 0
    remarks: tuple[str, ...] = ()
    estimated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Agenda:
    """The deadlines of a period as of a day, in the order of their days; ``notices``: what is amiss with the table."""

    period: Period
    on: date
    entries: tuple[DutyEntry, ...]
    notices: tuple[str, ...] = ()


# --- the deadlines ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Deadline:
    """One deadline before it is judged; ``listed`` is the day by which it belongs to a month."""

    duty: Duty
    period: Period
    by: str
    due: date
    listed: date
    hard: date
    remarks: tuple[str, ...] = ()
    estimated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """By what duties are judged: what is known, who has them, which days are worked, what the office decided."""

    known: Known
    staff: Staff
    table: HolidayTable
    rules: Rules = field(default_factory=Rules)


def agenda(duties: Sequence[Duty], period: Period, now: datetime, basis: Circumstances) -> Agenda:
    """Every deadline that falls into ``period``, matched with what is known at ``now`` (local time of the office)."""
    judge = _Judge(duties, basis, now)
    entries = sorted(judge.entries(period), key=lambda entry: (entry.due, entry.duty.clause, entry.duty.key, entry.by))
    return Agenda(period, now.date(), tuple(entries), tuple(_notices(now.date(), basis.table, entries)))


def _notices(on: date, table: HolidayTable, entries: Iterable[DutyEntry]) -> Iterator[str]:
    years = {year for entry in entries for year in entry.estimated}
    wanted = notice_wanted(on, table)
    for year in sorted(years | ({wanted} if wanted else set())):
        yield _(
            "The holiday notice of {year} is not in holidays.csv: its working days are reckoned by weekends for now."
        ).format(year=year)


class _Judge:
    """All duties against all that is known at one moment."""

    def __init__(self, duties: Sequence[Duty], basis: Circumstances, now: datetime) -> None:
        self.duties = {duty.key: duty for duty in duties}
        self.known, self.staff, self.table, self.rules = basis.known, basis.staff, basis.table, basis.rules
        self.now = now
        self.filed: dict[str, list[HandedIn]] = defaultdict(list)
        for one in basis.known.filed:
            self.filed[one.what].append(one)

    def entries(self, period: Period) -> Iterator[DutyEntry]:
        """The deadlines that belong to ``period``, judged."""
        for duty in self.duties.values():
            if duty.every == "case":
                yield from self._cases(duty, period)
                continue
            for deadline in self._deadlines(duty, period):
                if period.first <= deadline.listed <= period.last:
                    yield self._judged(deadline)

    # when

    def _deadlines(self, duty: Duty, period: Period) -> Iterator[_Deadline]:
        if duty.after:
            yield from self._answers(duty, period)
        elif duty.every == "week":
            yield from self._weeks(duty, period)
        else:
            for first in _turns(duty.every, period):
                yield from self._turn(duty, first)

    def _turn(self, duty: Duty, first: date) -> Iterator[_Deadline]:
        """The deadline of one month, half-year or year, for everyone who has it."""
        due, about = _due_day(duty, first), _about(duty, first)
        remarks: tuple[str, ...] = ()
        estimated: tuple[int, ...] = ()
        if not self.table.works(due):
            remarks = (_("a rest day"),)
            if self.rules.shift_rest_days:
                moved = next_working_day(due, self.table)
                due, estimated = moved.day, moved.unknown_years
                remarks = (_("moved from a rest day to the next working day"),)
        hard = due
        if duty.soft_until and self.rules.base_data_warns:
            hard = max(due, due.replace(day=duty.soft_until))
        for by in self._everyone(duty):
            yield _Deadline(duty, about, by, due, due, hard, remarks, estimated)

    def _weeks(self, duty: Duty, period: Period) -> Iterator[_Deadline]:
        """Weeks from Monday to Sunday; a week belongs to the month of its Friday unless the rules say otherwise."""
        monday = period.first - timedelta(days=period.first.weekday() + 7)
        while monday <= period.last:
            week = Period(monday, monday + 6 * _DAY)
            for by in self._everyone(duty):
                yield _Deadline(duty, week, by, week.last, monday + self.rules.week_of * _DAY, week.last)
            monday += 7 * _DAY

    def _answers(self, duty: Duty, period: Period) -> Iterator[_Deadline]:
        """An answer counts from the day the paper was really sent, and from its deadline while it was not."""
        source = self.duties[duty.after]
        before = Period(_months_on(period.first, -2), period.last)
        for sent in self._deadlines(source, before):
            facts = self._facts(sent)
            day = min((fact.on for fact in facts if fact.on), default=None)
            remarks = () if day else (_("counted from the day it is due to be sent"),)
            end: WorkingDay = after_working_days(
                day or sent.due, duty.working_days, self.table, counts_first=self.rules.same_day_counts
            )
            if end.estimated:
                remarks = (*remarks, end.remark)
            yield _Deadline(duty, sent.period, sent.by, end.day, end.day, end.day, remarks, end.unknown_years)

    def _everyone(self, duty: Duty) -> tuple[str, ...]:
        if duty.each == "department":
            return self.staff.departments
        return self.staff.persons if duty.each == "person" else ("",)

    # how it stands

    def _facts(self, deadline: _Deadline) -> list[HandedIn]:
        """What was filed for a deadline: what people said of the duty itself before what files say."""
        duty = deadline.duty
        said = [fact for fact in self.filed[duty.key] if _answers_to(fact, deadline)]
        return said or [fact for form in duty.forms for fact in self.filed[form] if _answers_to(fact, deadline)]

    def _judged(self, deadline: _Deadline) -> DutyEntry:
        facts = self._facts(deadline)
        done = sum(fact.count for fact in facts)
        entry = DutyEntry(
            deadline.duty,
            deadline.period,
            deadline.by,
            deadline.due,
            DutyStatus.COMING,
            done=done,
            remarks=deadline.remarks,
            estimated=deadline.estimated,
        )
        return self._done(entry, deadline, facts) if done >= deadline.duty.count else self._open(entry, deadline)

    def _done(self, entry: DutyEntry, deadline: _Deadline, facts: Sequence[HandedIn]) -> DutyEntry:
        days = [fact.on or (fact.period.last if entry.duty.every == "week" else None) for fact in facts]
        known = sorted(day for day in days if day)
        if not known:
            status = DutyStatus.ON_TIME if entry.duty.register else DutyStatus.UNDATED
            return replace(entry, status=status)
        day = known[0]
        status = DutyStatus.ON_TIME if self._in_time(day, deadline.hard) else DutyStatus.LATE
        remarks = entry.remarks
        if status is DutyStatus.ON_TIME and not self._in_time(day, deadline.due):
            remarks = (*remarks, _("after the {day}, as a reminder only").format(day=deadline.due.day))
        return replace(entry, status=status, on=day, remarks=remarks)

    def _open(self, entry: DutyEntry, deadline: _Deadline) -> DutyEntry:
        waits, remarks = self._waits(deadline), entry.remarks
        over = not self._in_time(self.now.date(), deadline.hard)
        if entry.duty.count > 1 and entry.done:
            remarks = (*remarks, _("{done} of {count}").format(done=entry.done, count=entry.duty.count))
        if waits and (over or entry.duty.after):
            return replace(entry, status=DutyStatus.WAITING, remarks=(*remarks, waits))
        if over:
            return replace(entry, status=DutyStatus.MISSING, remarks=(*remarks, *self._undone_before(deadline)))
        if deadline.due - self.now.date() <= timedelta(days=entry.duty.remind):
            remarks = (*remarks, _("close"))
        return replace(entry, remarks=(*remarks, *self._undone_before(deadline)))

    def _waits(self, deadline: _Deadline) -> str:
        """Why nothing can be said yet; empty where it can."""
        duty = deadline.duty
        if duty.after:
            source = self.duties[duty.after]
            if not self._facts(replace(deadline, duty=source)):
                return _("not sent yet: {title}").format(title=source.title)
            over = not self._in_time(self.now.date(), deadline.hard)
            return _("sent up, not answered yet") if over and duty.may_wait and self.rules.unanswered_allowed else ""
        if duty.register and not self._covered(duty.register, deadline):
            return _("the register of the month is not handed in yet")
        return ""

    def _covered(self, form: str, deadline: _Deadline) -> bool:
        months = {_month_of(deadline.period.first), _month_of(deadline.period.last)}
        return all((form, month) in self.known.covered for month in months)

    def _undone_before(self, deadline: _Deadline) -> Iterator[str]:
        """Steps that should have come first and are not done (gap G3)."""
        for key in deadline.duty.needs:
            duty = self.duties[key]
            period = deadline.period
            if duty.every == deadline.duty.every == "year":
                period = _about(duty, date(deadline.period.first.year - deadline.duty.about, 1, 1))
            first = _Deadline(duty, period, "", deadline.due, deadline.due, deadline.due)
            if any(not self._facts(replace(first, by=by)) for by in self._everyone(duty)):
                yield _("before it: {title}").format(title=duty.title)

    def _in_time(self, day: date, due: date) -> bool:
        return day <= due if self.rules.before_includes else day < due

    # cases

    def _cases(self, duty: Duty, period: Period) -> Iterator[DutyEntry]:
        """Hours run by the clock, rest days included (2.4, 2.5)."""
        for case in self.known.cases:
            if case.form in duty.forms and period.first <= case.started.date() <= period.last:
                end = case.started + timedelta(hours=duty.hours)
                yield DutyEntry(
                    duty,
                    Period(case.started.date(), case.started.date()),
                    case.subject,
                    end.date(),
                    _case_status(case, end, self.now),
                    on=case.done.date() if case.done else None,
                    moment=end,
                    done=1 if case.done else 0,
                )


def _case_status(case: RegisterCase, end: datetime, now: datetime) -> DutyStatus:
    if case.done:
        return DutyStatus.ON_TIME if case.done <= end else DutyStatus.LATE
    return DutyStatus.MISSING if now > end else DutyStatus.COMING


def _answers_to(fact: HandedIn, deadline: _Deadline) -> bool:
    """Whether a fact is about what a deadline is about: the same period, or days in its week."""
    if fact.by != deadline.by:
        return False
    if deadline.duty.every == "week":
        return deadline.period.first <= fact.period.first and fact.period.last <= deadline.period.last
    return fact.period == deadline.period


def _turns(every: str, period: Period) -> Iterator[date]:
    """First days of the months (half-years, years) that ``period`` touches, one before and one after."""
    step = {"month": 1, "half": 6, "year": 12}[every]
    first = date(period.first.year, (period.first.month - 1) // step * step + 1, 1)
    first = _months_on(first, -step)
    while first <= _months_on(period.last.replace(day=1), step):
        yield first
        first = _months_on(first, step)


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _month_of(day: date) -> Period:
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def _due_day(duty: Duty, first: date) -> date:
    if duty.every == "half":
        return _months_on(first, 6) - _DAY
    month = duty.month if duty.every == "year" else first.month
    return date(first.year, month, min(duty.day, monthrange(first.year, month)[1]))


def _about(duty: Duty, first: date) -> Period:
    """What a paper due in the month (half-year, year) beginning on ``first`` is about."""
    step = {"month": 1, "half": 6, "year": 12}[duty.every]
    begins = _months_on(first, duty.about * step)
    return Period(begins, _months_on(begins, step) - _DAY)


def end_of(day: date) -> datetime:
    """The last moment of a day: what ``--on`` means for deadlines of hours."""
    return datetime.combine(day, time.max)
