"""Explanations and decisions in the formats that people and programs read."""
