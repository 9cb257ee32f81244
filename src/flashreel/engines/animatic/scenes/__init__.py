"""Stagings: how subjects, place and camera are put together."""
