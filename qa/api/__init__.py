"""The review page and its read API: what is in the store, for the person at this machine."""
