"""Masking of personal data: a strategy per kind, detection by name and value, and the masker of whole tables."""

from seeding.masking.cipher import Cipher
from seeding.masking.detection import detect_name, detect_values, name_words, spellings, texts_in
from seeding.masking.masker import STRATEGIES, FieldMasking, PIIMasker, TableMasking, maskable
from seeding.masking.strategies.base import Drawn, InventedStrategy, MaskingStrategy, Mode

__all__ = [
    "STRATEGIES",
    "Cipher",
    "Drawn",
    "FieldMasking",
    "InventedStrategy",
    "MaskingStrategy",
    "Mode",
    "PIIMasker",
    "TableMasking",
    "detect_name",
    "detect_values",
    "maskable",
    "name_words",
    "spellings",
    "texts_in",
]
