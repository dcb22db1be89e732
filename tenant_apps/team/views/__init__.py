"""Pages every workspace has."""
