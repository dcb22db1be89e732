"""What every room may use: errors, money-free helpers, secrets, storage, uploads. It has no tables."""
