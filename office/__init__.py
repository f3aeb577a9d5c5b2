"""One service centre: its folder, settings, papers and ledger; the flows that join documents and records."""
