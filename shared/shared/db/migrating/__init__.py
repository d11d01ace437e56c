"""The database backend of the migrate process (MIGRATE_SAFELY): it refuses what would lock running code out."""
