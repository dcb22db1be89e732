"""What the shop decides by. Pure: no tables, no clock, no request."""
