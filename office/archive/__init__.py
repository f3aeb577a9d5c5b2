"""Shares, classes, accounts, the schedule and the ledger of an office."""
