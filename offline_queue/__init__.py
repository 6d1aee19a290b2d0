"""The outbox: dossiers are committed here first, and sent to the province when it answers."""
