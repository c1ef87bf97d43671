"""Sealed recordings: files encrypted at rest, and the keys that open them.

A sealed file is opened here and nowhere else (`open_plain`), so that whoever reads recordings need
not know whether one is sealed.
"""

from qa.vault.keys import KeyRing, load_ring, new_key
from qa.vault.opening import data_key_of, is_sealed, open_plain, own_suffix, plain_copy
from qa.vault.sealed import SEALED_SUFFIX, SealedFile, Sealer, rewrap, seal_file, sync_folder

__all__ = [
    "SEALED_SUFFIX",
    "KeyRing",
    "SealedFile",
    "Sealer",
    "data_key_of",
    "is_sealed",
    "load_ring",
    "new_key",
    "open_plain",
    "own_suffix",
    "plain_copy",
    "rewrap",
    "seal_file",
    "sync_folder",
]
