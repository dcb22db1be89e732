"""What the books say: figures for the back office, and exports for the accountant. Reads only."""
