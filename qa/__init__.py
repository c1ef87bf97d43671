"""Tingjian (听检): inspection of Mandarin call recordings, with evidence."""

__version__ = "0.1.0"
