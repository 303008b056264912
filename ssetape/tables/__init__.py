"""Captures as tables: columns, rows, Arrow, SQL."""
