"""The run: the tables are the ledger, workers compute, one process writes."""
