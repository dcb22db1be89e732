"""Whether a receipt was sent before for another order, as another file: in a worker, for it takes a while."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from billing.lookalike import NEAR, same_picture
from billing.models import ReceiptTwin, TransferReceipt

MOST_LOOKED_AT = 20

# The pictures near one in the first, coarse look; the same file is found by its hash already.
_NEAR = """
SELECT id FROM billing_transferreceipt
WHERE lookalike IS NOT NULL AND payment_id <> %(payment)s AND sha256 <> %(sha256)s
  AND bit_count(('x' || encode(lookalike, 'hex'))::bit(256) # ('x' || %(own)s)::bit(256)) <= %(near)s
ORDER BY bit_count(('x' || encode(lookalike, 'hex'))::bit(256) # ('x' || %(own)s)::bit(256)), created_at DESC
LIMIT %(most)s
"""


def receipts_to_compare(*, limit: int = 20) -> list[UUID]:
    """Pictures that nobody has compared yet, the oldest first. One query."""
    waiting = TransferReceipt.objects.filter(lookalike__isnull=False, compared_at__isnull=True)
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:limit])


def compare_receipt(receipt_id: UUID | str) -> int:
    """Lay a picture beside those near it, of other payments; how many are the same picture. Safe to repeat.

    Files are read with no transaction open; one transaction writes what was found, guarded by the pair's constraint.
    """
    receipt = TransferReceipt.objects.filter(pk=receipt_id, lookalike__isnull=False).first()
    if receipt is None:
        return 0
    content = _content(receipt.file)
    same = [one for one in _near(receipt) if content and _is_same(content, _content(one.file))]
    with transaction.atomic():
        pairs = [ReceiptTwin(receipt=receipt, other=one) for one in same]
        pairs += [ReceiptTwin(receipt=one, other=receipt) for one in same]
        ReceiptTwin.objects.bulk_create(pairs, ignore_conflicts=True)
        TransferReceipt.objects.filter(pk=receipt.pk).update(compared_at=timezone.now())
    return len(same)


def _near(receipt: TransferReceipt) -> list[TransferReceipt]:
    own = bytes(receipt.lookalike or b"").hex()
    values: dict[str, Any] = {
        "payment": receipt.payment_id,
        "sha256": receipt.sha256,
        "own": own,
        "near": NEAR,
        "most": MOST_LOOKED_AT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, values)
        found = [row[0] for row in cursor.fetchall()]
    return list(TransferReceipt.objects.filter(pk__in=found))


def _is_same(one: bytes, other: bytes) -> bool:
    return bool(other) and same_picture(one, other)


def _content(file: FieldFile) -> bytes:
    """What is kept of a receipt; nothing where the file has gone."""
    try:
        with file.open("rb") as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        return b""
