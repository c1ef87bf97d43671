"""Recordings, metadata and tickets: found, read, and joined. No database here."""
