"""Where calls come from: each kind of source is one module here, behind `qa.ingest.rows.Source`."""
