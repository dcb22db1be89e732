"""Bank statements as files: read into entries, and laid beside the orders that wait for a transfer. Nothing here writes."""
