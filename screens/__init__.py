"""The glass: one .py and one .kv per screen; looks and bindings only."""
