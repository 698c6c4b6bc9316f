"""The database: one engine, one naming convention, migrations under a lock, and the embedded server."""
