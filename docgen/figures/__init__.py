"""Declared figures computed, with the rows behind them; objectives; the annex."""
