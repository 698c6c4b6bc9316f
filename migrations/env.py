"""How Alembic runs our migrations: on the connection, and in the transaction, that webapp.db.migrate hands over."""

from alembic import context

from webapp.db.base import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run `mission-control migrate`: it takes the lock that keeps two from migrating at once.")
context.configure(connection=connection, target_metadata=Base.metadata)
context.run_migrations()
