"""What is changed, gone, back again or destroyed already (W3–W7)."""

from __future__ import annotations

import os
from datetime import timedelta
from hashlib import sha256

import pytest
from given.shares import REPORT, ScannedShare, docx

from retention.ledger.ledger import Draft, Stamp
from retention.rules import events
from retention.rules.model import Outcome, State
from retention.rules.people import Actor
from retention.rules.schedule import Term, TermKind

pytestmark = pytest.mark.usefixtures("in_english")


# --- W3 to W7 -------------------------------------------------------------------------------------------------------


def test_a_changed_content_is_one_alteration_and_the_record_keeps_what_was_filed(scanned: ScannedShare) -> None:  # W3
    place = scanned.write("月报.pdf", "first")
    scanned.settle()
    place.write_text("second")
    assert scanned.settled() == (0, 0, 1, 0, 0, 0)
    os.utime(place)
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)
    place.write_text("third")
    assert scanned.settled() == (0, 0, 1, 0, 0, 0)
    record = scanned.records()["月报.pdf"]
    assert (record.digest, record.altered_to) == (sha256(b"first").hexdigest(), sha256(b"third").hexdigest())


def test_times_of_files_never_start_or_stop_anything(scanned: ScannedShare) -> None:  # W6
    place = scanned.write("月报.pdf", "content")
    os.utime(place, (0, 0))
    scanned.settle()
    record = scanned.records()["月报.pdf"]
    assert (str(record.filed_on), record.dated, record.period) == ("2026-11-23", None, None)
    os.utime(place, (10**9, 10**9))
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)
    assert scanned.records() == {"月报.pdf": record}


def test_a_vanished_file_is_missed_only_after_a_second_look_late_enough(scanned: ScannedShare) -> None:  # W4
    place = scanned.write("月报.pdf", "content")
    scanned.write("另.pdf", "stays")
    scanned.settle()
    place.unlink()
    gone = scanned.look()
    assert (gone.missing, gone.again, gone.again_after) == (0, {""}, timedelta(seconds=60))
    assert scanned.look(after=59).missing == 0
    assert scanned.look(after=2).missing == 1
    assert scanned.records()["月报.pdf"].missing_since is not None
    assert scanned.look(after=100).missing == 0
    scanned.write("月报.pdf", "content")
    assert scanned.settled() == (0, 0, 0, 0, 1, 0)
    assert scanned.records()["月报.pdf"].missing_since is None
    assert scanned.sound()


def test_a_missing_file_that_comes_back_with_another_content_is_altered(scanned: ScannedShare) -> None:  # W3, W4
    place = scanned.write("月报.pdf", "content")
    scanned.write("另.pdf", "stays")
    scanned.settle()
    place.unlink()
    assert scanned.settled() == (0, 0, 0, 1, 0, 0)
    place.write_text("something else")
    assert scanned.settled() == (0, 0, 1, 0, 0, 0)
    assert scanned.records()["月报.pdf"].missing_since is None


def test_a_missing_file_found_elsewhere_is_found_there(scanned: ScannedShare) -> None:  # W4
    place = scanned.write("月报.pdf", "content")
    scanned.write("另.pdf", "stays")
    scanned.settle()
    place.unlink()
    scanned.settle()
    scanned.write("恢复/月报.pdf", "content")
    assert scanned.settled() == (0, 0, 0, 0, 1, 0)
    assert scanned.records()["恢复/月报.pdf"].missing_since is None


def test_a_big_file_still_being_copied_excuses_the_one_that_is_gone(lite: ScannedShare) -> None:  # W4
    place = lite.write("月报.docx", docx())
    lite.write("另.pdf", "stays")
    lite.settle()
    place.unlink()
    half = lite.write("新/月报.docx", docx()[:100] + bytes(len(docx()) - 100))
    for _look in range(5):
        assert lite.look(after=30).missing == 0
    half.write_bytes(docx())
    assert lite.settled() == (0, 1, 0, 0, 0, 0)


def listed(scanned: ScannedShare) -> events.Listed:
    """On the list, in its first row."""
    today = scanned.time.date()
    return events.Listed("L1", today, 1, 1, "月报", today, Term(TermKind.FIXED, "1年", 12))


def destroyed(scanned: ScannedShare, path: str) -> str:
    """Take a record through its whole life, outside of the scanner, and remove the file."""
    record = scanned.records()[path]
    person = Stamp(scanned.time, scanned.time.date(), Actor("wang.min"))
    changes = [
        events.Classified(REPORT),
        listed(scanned),
        events.Approved("L1", record.digest),
        events.DestroyIntended("L1", record.digest, 1),
        events.Quarantined(1, record.digest, f"{record.id}.1"),
        events.UnlinkIntended(1, record.digest),
        events.Destroyed(Outcome.REMOVED, 1),
    ]
    scanned.ledger.append([Draft(record.id, change) for change in changes], person)
    (scanned.root / path).unlink()
    return record.id


def test_a_destroyed_content_that_appears_again_is_told_and_not_registered(scanned: ScannedShare) -> None:  # W5
    scanned.write("月报.pdf", "content")
    scanned.write("另.pdf", "stays")
    scanned.settle()
    record_id = destroyed(scanned, "月报.pdf")
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)
    scanned.write("备份/月报.pdf", "content")
    assert scanned.settled() == (0, 0, 0, 0, 0, 1)
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)
    with scanned.ledger.read() as view:
        record = view.record(record_id)
    assert record is not None
    assert (record.state, record.resurfaced_at) == (State.DESTROYED, "归档/备份/月报.pdf")
    assert (scanned.root / "备份/月报.pdf").read_text() == "content"


def test_a_known_copy_explains_a_destroyed_content(scanned: ScannedShare) -> None:  # W5, W7, D11
    scanned.write("月报.pdf", "content")
    scanned.write("副本.pdf", "content")
    assert scanned.settled() == (2, 0, 0, 0, 0, 0)
    destroyed(scanned, "月报.pdf")
    scanned.settle()
    scanned.write("又一份.pdf", "content")
    assert scanned.settled() == (1, 0, 0, 0, 0, 0)


def test_a_file_restored_to_the_place_of_a_destroyed_record_has_resurfaced(scanned: ScannedShare) -> None:  # W5
    place = scanned.write("月报.pdf", "content")
    scanned.settle()
    destroyed(scanned, "月报.pdf")
    place.write_text("content")
    assert scanned.settled() == (0, 0, 0, 0, 0, 1)


def test_what_is_in_execution_is_never_missed(scanned: ScannedShare) -> None:
    scanned.write("另.pdf", "stays")
    place = scanned.write("月报.pdf", "content")
    scanned.settle()
    record = scanned.records()["月报.pdf"]
    person = Stamp(scanned.time, scanned.time.date(), Actor("wang.min"))
    changes = [
        events.Classified(REPORT),
        listed(scanned),
        events.Approved("L1", record.digest),
        events.DestroyIntended("L1", record.digest, 1),
    ]
    scanned.ledger.append([Draft(record.id, change) for change in changes], person)
    quarantine = scanned.root / ".guidang-quarantine"
    quarantine.mkdir()
    place.rename(quarantine / f"{record.id}.1")
    assert [scanned.look(after=100).missing for _look in range(3)] == [0, 0, 0]
    scanned.ledger.append([Draft(record.id, events.Quarantined(1, record.digest, f"{record.id}.1"))], person)
    assert [scanned.look(after=100).missing for _look in range(3)] == [0, 0, 0]
    (quarantine / f"{record.id}.1").rename(place)
    scanned.ledger.append([Draft(record.id, events.Restored(1, "误批"))], person)
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)
    place.unlink()
    assert scanned.settled() == (0, 0, 0, 1, 0, 0)


def test_a_content_settled_as_a_record_of_its_own_is_registered(scanned: ScannedShare) -> None:  # W3
    place = scanned.write("月报.pdf", "first")
    scanned.settle()
    place.write_text("second")
    scanned.settle()
    record = scanned.records()["月报.pdf"]
    decided = events.AlterationSettled(events.Decision.NEW_RECORD, record.digest, record.size, "另立")
    scanned.ledger.append([Draft(record.id, decided)], Stamp(scanned.time, scanned.time.date(), Actor("wang.min")))
    scanned.settle()
    with scanned.ledger.read() as view:
        first, second = view.records_at("归档", "月报.pdf")
    assert first.missing_since is not None
    assert (second.digest, second.missing_since) == (sha256(b"second").hexdigest(), None)


def test_the_same_content_in_two_places_is_two_records(scanned: ScannedShare) -> None:  # W7
    scanned.write("a.pdf", "content")
    scanned.write("b.pdf", "content")
    assert scanned.settled()[0] == 2
    with scanned.ledger.read() as view:
        assert len(view.records_with(sha256(b"content").hexdigest())) == 2
