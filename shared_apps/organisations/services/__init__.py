"""Every write about organisations and who belongs to them."""
