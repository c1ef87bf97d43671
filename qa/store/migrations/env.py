"""Alembic's entry: runs on the connection that `qa.store.store` hands over."""

from alembic import context

from qa.store import (
    tables_events,
    tables_figures,
    tables_fines,
    tables_ingest,
    tables_labels,
    tables_people,
    tables_reports,
    tables_review,
    tables_work,
)
from qa.store.tables import Table

_ALL = (
    tables_events,
    tables_figures,
    tables_fines,
    tables_ingest,
    tables_labels,
    tables_people,
    tables_review,
    tables_reports,
    tables_work,
)  # imported so that the metadata knows them

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
