"""Code scanners: one file per driver, named as in the configuration."""
