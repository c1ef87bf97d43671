"""Judging: transcripts and metadata in, verdicts and scorecards out; no audio, no database."""
