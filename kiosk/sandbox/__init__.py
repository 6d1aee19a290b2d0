"""An embedded province to try things with; it serves `assets/province-api.yaml`."""
