"""The pure rules of the catalog: reservations, slugs, what an import's file may say. No Django here."""
