"""Widgets: traits and sync, no maths. One file a widget."""
