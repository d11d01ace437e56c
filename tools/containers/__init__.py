"""The system in containers that the package testcontainers starts, for the end-to-end tests."""
