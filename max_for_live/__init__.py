"""Builds the Max for Live device from the sources in this folder."""
