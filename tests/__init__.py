"""Tests: unit, contract, queue, flows, screens, bench."""
