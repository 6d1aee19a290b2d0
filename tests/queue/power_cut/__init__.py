"""What a disk may hold after a power cut: the writes of a process recorded, and rebuilt with what was not synced lost."""
