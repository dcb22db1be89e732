"""Invoices and their like as PDF, for the platform and for tenants alike. It has no tables."""
