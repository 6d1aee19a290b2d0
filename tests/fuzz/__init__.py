"""Inputs that a broken or hostile card might give: `python -m tests.fuzz --inputs N --seed S`."""
