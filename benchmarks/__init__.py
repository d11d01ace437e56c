"""Measurements, and the made-up data that they need. Development only: nothing of it is in an image."""
