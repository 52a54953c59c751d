"""What the files of seeded rows hold: a line that names the file and its database, in images as a comment."""

from __future__ import annotations

import struct
import zlib

from seeding.uploads.fields import SIDE

IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
GREY = b"\x00" + b"\xc0" * SIDE
"""One row of pixels."""


def content(name: str, database: str) -> bytes:
    """The bytes of the file `name` that belongs to the ledger `database`: no other name and no other ledger has the same."""
    line = f"Seeded file without meaning: {name} ({database})"
    return _image(line) if name.lower().endswith(IMAGES) else f"{line}\n".encode()


def _image(comment: str) -> bytes:
    """A grey PNG."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"tEXt", b"Comment\x00" + comment.encode("latin-1", "replace")),
        (b"IDAT", zlib.compress(GREY * SIDE, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
