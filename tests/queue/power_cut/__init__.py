"""What a disk may hold after a power cut: writes are recorded, and rebuilt with what was not synced lost."""
