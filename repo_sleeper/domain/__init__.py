"""Frozen values that pass between the stages, one module per noun; no I/O."""
