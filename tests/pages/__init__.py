"""The officers' pages over real HTTP."""
