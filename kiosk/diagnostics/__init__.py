"""What a technician finds out about this machine: states, self-tests on the real path, records, reports."""
