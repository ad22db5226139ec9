"""The engine's version, as printed in every decision."""

VERSION = "0.1.0"
