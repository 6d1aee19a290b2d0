"""The hardware: one folder per kind of device, one file per driver."""
