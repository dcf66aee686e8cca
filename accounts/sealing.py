"""How is a secret kept that must be read again? Sealed with AES-256-GCM under a key of the home, bound to what it is for.

A password or the secret of a key is only ever compared, so a digest is kept. The secret that signs callbacks is needed
in clear at each of them; sealed, a copy of the database alone does not give it away.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ground.errors import InternalFault, UserError

_NONCE = 12
_KEY = 32


class Seal:
    """Seals and opens under one key.

    Args:
        key: 32 random bytes, kept apart from the database.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY:
            raise InternalFault(
                "封存密钥应为 32 字节。请检查工作目录的 keys/sealing.key。",
                "The sealing key must be 32 bytes; look at keys/sealing.key of the home.",
                where="keys/sealing.key",
            )
        self._cipher = AESGCM(key)

    def sealed(self, secret: str, subject: str) -> str:
        """``secret`` as text to keep, which opens for the same ``subject`` only."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret.encode(), subject.encode())).decode()

    def opened(self, text: str, subject: str) -> str:
        """The secret in ``text``.

        Raises:
            UserError: it was sealed under another key or for another subject, or was altered.
        """
        try:
            raw = base64.b64decode(text, validate=True)
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], subject.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise UserError(
                "签名密钥无法打开：keys/sealing.key 不是封存时所用的那一份。请从备份恢复它，或重新发放密钥。",
                "The signing secret cannot be opened: keys/sealing.key is not the one it was sealed with. Restore that file from "
                "its copy, or issue the key anew.",
                where=subject,
            ) from None
