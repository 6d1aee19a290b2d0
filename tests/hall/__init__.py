"""The hall on both databases: a SQLite file, and a PostgreSQL server that is really running."""
