"""Experiments that were run elsewhere: their settings, their logs, their weights."""
