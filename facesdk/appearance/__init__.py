"""Albedo and light fitted to a photo, UV texture, identity embedding."""
