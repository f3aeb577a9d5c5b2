"""What helps, said for a terminal: each remedy of a problem as a sentence that names the command or the option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.language import N_, _

if TYPE_CHECKING:
    from foundation.problem import Remedy

SENTENCES = {
    "form.name": N_(
        "Say which form it is with --form, or put the form's title into the file's name. Known here: {names}."
    ),
    "duty.name": N_("Write it as `guidang duties` does."),
    "ledger.verify": N_("Hold the ledger against a checkpoint: `guidang audit verify`."),
    "ledger.keep": N_("Leave everything as it is: `guidang audit verify`."),
    "ledger.begin": N_("`guidang scan` makes it when it registers the first documents, or `guidang account add`."),
    "events.export": N_("Export the events anew with `guidang audit export`."),
    "key.name": N_("Name the public key (ledger.pub) with --key; whoever verifies should have had it before."),
    "act.repeat": N_("Repeat the command."),
    "reason.give": N_("Write why, so that whoever reads it in years to come understands: --reason “…”."),
    "account.login": N_("Log in first: `guidang account login NAME`."),
    "session.renew": N_("Log in with `guidang account login NAME`; a session ends after {hours} hours."),
    "account.add_first": N_(
        "Make it with `guidang account add NAME --full-name … --role administrator`; then log in and add the others."
    ),
    "account.department": N_("Name it with --department."),
    "account.choose": N_("`guidang account list` shows all."),
    "password.choose": N_("Choose your own first: `guidang account password`."),
    "record.choose": N_("`guidang records` lists all."),
    "record.find": N_("`guidang records TEXT` looks for it; the first column is its number."),
    "record.look": N_("`guidang records` shows where it stands."),
    "records.look": N_("`guidang records` with the same words shows which records are meant."),
    "records.due": N_("`guidang due` shows what is; `guidang why` explains a record's day."),
    "day.explain": N_("`guidang why` shows how the day was computed."),
    "day.complete": N_("`guidang why` shows what is missing."),
    "period.cover": N_(
        "Say which period it covers: --period 2026-10, 2026-10-18 or 2026. Its term counts from the end of that."
    ),
    "period.name": N_("Put the period into the file's name, such as 2026年10月, or name it by --period."),
    "hold.choose": N_("`guidang hold list` shows all."),
    "list.choose": N_("`guidang disposal list` shows all."),
    "list.look": N_("`guidang disposal show` lists its rows."),
    "list.leave": N_("Take it off the list first: `guidang disposal` shows how."),
    "list.export": N_("Fill in the workbook that `guidang disposal export` made."),
    "opinion.give": N_("Give an opinion: `guidang disposal opinion`."),
    "destruction.record": N_("If people destroyed it, record that: `guidang disposal by-hand`; else find it."),
    "papers.make": N_("Bring it back from a copy, or make it again: `guidang disposal papers`."),
    "clock.vouch": N_("Scan, or if the time is right let an archivist say so: `guidang clock vouch`."),
    "missing.believe": N_("If they were really removed: guidang scan {share} --believe-missing {count}"),
    "share.look": N_("`guidang scan` looks again; then decide on what is there now."),
    "copy.settle": N_("File it as a record of its own with --new-record, or remove the copy and say --gone."),
    "copy.remove": N_("Remove the copy, or file it as a record of its own with --new-record."),
    "watch.look": N_("See with `guidang watch --status` whether the share answers."),
    "watch.stop": N_("See how it is by `guidang watch --status`; stop it first to start another."),
    "schedule.preview": N_("Look at the preview again: `guidang schedule adopt --preview`."),
    "schedule.look": N_("Approve only what you have seen: look at it again with `guidang schedule show`."),
    "schedule.begin": N_("Every office has a file schedule.csv; `guidang init` makes one."),
    "settings.begin": N_("Every office has a file guidang.toml; `guidang init` makes one."),
    "shortening.approve": N_("An approver logs in and says `guidang schedule approve-shortening {digest}`."),
    "blank.new": N_("Ask for it, or make a blank one by `guidang new {form} --period {period}`."),
    "register.mend": N_("`guidang check` lists them; mend it and ask for the blank again with --force."),
    "registers.check": N_("`guidang check {period}` lists them."),
    "file.replace": N_("is there already and is kept; --force replaces it"),
    "file.replace_changed": N_("was changed by hand since guidang wrote it; move it away, or replace it by --force"),
}


def sentence(remedy: Remedy) -> str:
    """``remedy`` in the language in force, with its values."""
    return _(SENTENCES[remedy.name]).format(**remedy.values)
