"""What is kept: recordings, calls, transcripts, scorecards, and the runs that made them."""
