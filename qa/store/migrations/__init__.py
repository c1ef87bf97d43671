"""Migrations of the database, run when it is opened. `HEAD` is the revision this program needs."""

HEAD = "0017"
