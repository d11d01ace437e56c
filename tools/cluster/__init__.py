"""The system proved in a cluster: whichever kubectl's current context names, with images that its nodes have."""
