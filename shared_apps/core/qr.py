"""QR codes as SVG, drawn on the server: no picture is fetched and no style is set, as the content policy asks."""

from __future__ import annotations

import qrcode


def qr_svg(text: str) -> str:
    """An `<svg>` element that shows a text as a QR code. It is plain shapes: nothing of the text is in its markup."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    rows = code.get_matrix()
    size = len(rows)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="192" height="192" '
        f'shape-rendering="crispEdges" aria-hidden="true"><path d="{dark}"/></svg>'
    )
