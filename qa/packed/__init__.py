"""Compact stored forms of what there are millions of: transcripts and scorecards."""
