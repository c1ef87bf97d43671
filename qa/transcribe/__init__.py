"""From a recording to a transcript: decode, find speech, recognise."""
