"""Plans, orders, payments and coupons over the API: `/api/tenants/`."""
