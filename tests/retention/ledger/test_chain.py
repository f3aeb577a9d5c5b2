"""The chain over events, its checkpoints and their offline proof: nothing here touches a database."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from retention.errors import SourceError
from retention.ledger import chain, checkpoints
from retention.ledger.chain import Head, Link, Tampering
from retention.ledger.checkpoints import Checkpoint
from retention.rules.canonical import canonical, instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()


def chain_of(count: int, word: str = "event") -> list[Link]:
    return list(chain.chained(chain.NOTHING, [f"{word} {number}".encode() for number in range(1, count + 1)]))


def rechained(bodies: Sequence[bytes]) -> list[Link]:
    """What an owner of the database can do: a chain of other events that is sound in itself."""
    return list(chain.chained(chain.NOTHING, bodies))


def checkpoint(links: Sequence[Link]) -> Checkpoint:
    return checkpoints.sign(Head(links[-1].seq, links[-1].hash), AT, KEY)


def faults(links: Sequence[Link], *points: Checkpoint) -> set[tuple[int, Tampering]]:
    return {(finding.seq, finding.fault) for finding in chain.verify(links, points, PUBLIC).findings}


def test_an_untouched_chain_is_sound_and_proven_up_to_its_checkpoint() -> None:
    links = chain_of(10)
    verdict = chain.verify(links, [checkpoint(links[:7])], PUBLIC)
    assert verdict.sound
    assert verdict.proven == 7
    assert verdict.head == Head(10, links[-1].hash)


def test_an_empty_chain_is_sound() -> None:
    assert chain.verify([]) == chain.Verdict(chain.NOTHING, 0, ())


# --- L2: every tampering, naive and by somebody who computes the chain anew ---------------------------------------


def test_an_edited_event_is_detected() -> None:  # L2
    links = chain_of(10)
    edited = [*links[:4], links[4]._replace(body=b"event five"), *links[5:]]
    assert faults(edited, checkpoint(links)) == {(5, Tampering.ALTERED)}
    bodies = [link.body for link in edited]
    assert faults(rechained(bodies)) == set()  # the chain alone proves nothing …
    assert faults(rechained(bodies), checkpoint(links)) == {(10, Tampering.REPLACED)}  # … a checkpoint does


def test_reordered_events_are_detected() -> None:  # L2
    links = chain_of(10)
    swapped = [*links[:3], links[4], links[3], *links[5:]]
    assert faults(swapped, checkpoint(links)) >= {(4, Tampering.MISSING), (4, Tampering.MISPLACED)}
    renumbered = [*links[:3], links[4]._replace(seq=4), links[3]._replace(seq=5), *links[5:]]
    assert faults(renumbered, checkpoint(links)) >= {(4, Tampering.ALTERED), (5, Tampering.ALTERED)}
    assert faults(rechained([link.body for link in swapped]), checkpoint(links)) == {(10, Tampering.REPLACED)}


def test_an_inserted_event_is_detected() -> None:  # L2
    links = chain_of(10)
    twice = [*links[:5], Link(5, b"event 5a", bytes(32)), *links[5:]]
    assert (5, Tampering.MISPLACED) in faults(twice, checkpoint(links))
    bodies = [link.body for link in links]
    assert faults(rechained([*bodies[:5], b"event 5a", *bodies[5:]]), checkpoint(links)) == {(10, Tampering.REPLACED)}


def test_a_deleted_event_is_detected() -> None:  # L2
    links = chain_of(10)
    assert faults([*links[:4], *links[5:]], checkpoint(links)) == {(5, Tampering.MISSING)}
    bodies = [link.body for link in links]
    assert faults(rechained([*bodies[:4], *bodies[5:]]), checkpoint(links)) == {(10, Tampering.SHORTENED)}


def test_a_blanked_hash_is_detected() -> None:  # L2
    links = chain_of(10)
    assert (5, Tampering.UNHASHED) in faults([*links[:4], links[4]._replace(hash=b""), *links[5:]], checkpoint(links))
    assert (10, Tampering.UNHASHED) in faults([*links[:9], links[9]._replace(hash=b"")], checkpoint(links[:3]))


def test_a_cut_tail_is_detected() -> None:  # L2
    links = chain_of(10)
    assert faults(links[:8], checkpoint(links)) == {(9, Tampering.SHORTENED)}
    assert faults([], checkpoint(links)) == {(1, Tampering.SHORTENED)}


def test_an_older_or_another_history_is_detected() -> None:  # L2
    links = chain_of(10)
    grown_apart = rechained([*(link.body for link in links[:6]), *(b"other %d" % number for number in range(20))])
    assert faults(grown_apart, checkpoint(links)) == {(10, Tampering.REPLACED)}
    assert faults(grown_apart, checkpoint(links[:6])) == set()


def test_a_head_that_is_not_the_end_of_the_chain_is_detected() -> None:  # L2
    links = chain_of(3)
    verdict = chain.verify(links[:2], claimed=Head(3, links[2].hash))
    assert [finding.fault for finding in verdict.findings] == [Tampering.HEAD]


@given(st.data())
def test_any_change_of_any_byte_before_a_checkpoint_is_detected(data: st.DataObject) -> None:  # L2
    links = chain_of(8)
    at = data.draw(st.integers(0, 7))
    link = links[at]
    name = data.draw(st.sampled_from(["body", "hash"]))
    content = bytearray(getattr(link, name))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    tampered = [*links[:at], link._replace(**{name: bytes(content)}), *links[at + 1 :]]
    assert not chain.verify(tampered, [checkpoint(links)], PUBLIC).sound


# --- checkpoints ------------------------------------------------------------------------------------------------


def test_a_checkpoint_vouches_only_with_the_key_that_signed_it() -> None:  # L4
    links = chain_of(4)
    other = checkpoints.sign(Head(4, links[-1].hash), AT, Ed25519PrivateKey.generate())
    assert faults(links, other) == {(4, Tampering.FORGED)}
    moved = Checkpoint(3, links[2].hash, AT, checkpoint(links).signature)
    assert faults(links, moved) == {(3, Tampering.FORGED)}
    assert not chain.verify(links, [checkpoint(links)], key=None).sound


def test_a_checkpoint_survives_paper_and_typing() -> None:
    point = checkpoint(chain_of(4))
    assert Checkpoint.parse(point.code()) == point
    assert Checkpoint.parse(point.text()) == point
    typed = point.groups().lower().replace("o", "0").replace("i", "1").replace(" ", " - ")
    assert Checkpoint.parse(typed) == point
    assert len(point.code()) == 183
    assert point.code().isalnum()


@pytest.mark.parametrize("text", ["", "GD1", "GD2ABC", "GD1ABCDE", "GD1" + "A" * 179, "GD1" + "ä" * 180, "# nothing"])
def test_what_is_no_checkpoint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        Checkpoint.parse(text, "mail.txt")
    assert refused.value.problems[0].where == "mail.txt"
    assert refused.value.problems[0].hint


def test_kept_checkpoints_are_read_again_and_a_broken_one_is_named(tmp_path: Path) -> None:
    links = chain_of(9)
    points = [checkpoint(links[:5]), checkpoint(links)]
    places = [checkpoints.keep(point, tmp_path / "checkpoints") for point in points]
    assert checkpoints.kept(tmp_path / "checkpoints") == points
    places[0].write_text("nothing")
    with pytest.raises(SourceError, match=places[0].name):
        checkpoints.kept(tmp_path / "checkpoints")


def test_a_new_key_is_its_owners_alone_and_never_replaces_one(tmp_path: Path) -> None:
    place = tmp_path / "keys" / "ledger.key"
    key = checkpoints.make_key(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert checkpoints.public_pem(checkpoints.private_key(place)) == checkpoints.public_pem(key)
    with pytest.raises(FileExistsError):
        checkpoints.make_key(place)
    for wrong in (b"", checkpoints.public_pem(key)):
        place.write_bytes(wrong)
        with pytest.raises(SourceError, match=r"ledger\.key"):
            checkpoints.private_key(place)
    with pytest.raises(SourceError):
        checkpoints.public_key(b"nothing")


# --- L4: offline ------------------------------------------------------------------------------------------------


def test_an_export_a_public_key_and_a_checkpoint_are_enough(tmp_path: Path) -> None:  # L4
    """In a process that can load neither the ledger nor a database."""
    links = list(chain.chained(chain.NOTHING, ['{"path":"月报 10月.docx"}'.encode(), b"{}", b"{}"]))
    assert chain.export(links, tmp_path / "events.txt") == Head(3, links[-1].hash)
    (tmp_path / "public.pem").write_bytes(checkpoints.public_pem(KEY))
    (tmp_path / "checkpoint.txt").write_text(checkpoint(links).text())
    program = f"""
import sys
from pathlib import Path
for name in ("sqlalchemy", "alembic", "sqlite3", "psycopg", "retention.ledger.ledger"):
    sys.modules[name] = None
from retention.ledger import chain, checkpoints
folder = Path({str(tmp_path)!r})
point = checkpoints.Checkpoint.parse((folder / "checkpoint.txt").read_text())
key = checkpoints.public_key((folder / "public.pem").read_bytes())
verdict = chain.verify(chain.exported(folder / "events.txt"), [point], key)
print(verdict.sound, verdict.proven)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "3"]
    edited = (tmp_path / "events.txt").read_bytes().replace(b"10", b"11", 1)
    (tmp_path / "events.txt").write_bytes(edited)
    assert faults(list(chain.exported(tmp_path / "events.txt")), checkpoint(links)) == {(1, Tampering.ALTERED)}


def test_an_export_gives_back_what_was_exported(tmp_path: Path) -> None:
    links = [*chain_of(3), Link(4, b"{}", b"")]
    chain.export(links, tmp_path / "events.txt")
    assert list(chain.exported(tmp_path / "events.txt")) == links


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "1"),
        (b"something else\n", "1"),
        (b"guidang events 1\n1 zz {}\n", "2"),
        (b"guidang events 1\n1 00 {}\n2\n", "3"),
    ],
)
def test_what_is_no_export_is_named_with_its_line(tmp_path: Path, content: bytes, line: str) -> None:
    place = tmp_path / "events.txt"
    place.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        list(chain.exported(place))
    assert re.findall(r"\d+", refused.value.problems[0].where)[-1] == line


# --- canonical bytes --------------------------------------------------------------------------------------------


def test_canonical_bytes_have_one_spelling() -> None:  # L7
    assert canonical({"b": 1, "a": ["月报", None, True]}) == '{"a":["月报",null,true],"b":1}'.encode()
    assert instant(datetime.fromisoformat("2026-11-23T16:05:00+08:00")) == "2026-11-23T08:05:00.000000Z"
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 11, 23))


@pytest.mark.parametrize("text", ["a\0b", "\\\0", "\ud800"])
def test_what_some_database_cannot_keep_is_refused(text: str) -> None:  # L7
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        canonical({"path": text})
    assert canonical({"path": "\\u0000"})
