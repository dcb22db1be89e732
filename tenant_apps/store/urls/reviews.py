"""Reviews: read and written on the storefront, checked by staff."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import reviews, staff_reviews

urlpatterns = [
    path("products/<slug:slug>/reviews/", reviews.all_reviews, name="product_reviews"),
    path("products/<slug:slug>/review/", reviews.write, name="write_review"),
    path("products/<slug:slug>/review/delete/", reviews.delete, name="delete_my_review"),
    path("staff/reviews/", staff_reviews.queue, name="staff_reviews"),
    path("staff/reviews/<int:review_id>/", staff_reviews.review, name="staff_review"),
    path("staff/reviews/<int:review_id>/publish/", staff_reviews.publish, name="staff_publish_review"),
    path("staff/reviews/<int:review_id>/reject/", staff_reviews.reject, name="staff_reject_review"),
    path("staff/reviews/<int:review_id>/reply/", staff_reviews.reply, name="staff_reply_review"),
]
