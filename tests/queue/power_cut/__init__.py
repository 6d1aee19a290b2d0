"""What a disk may hold after a power cut: the writes of a process recorded, rebuilt with what was not synced lost."""
