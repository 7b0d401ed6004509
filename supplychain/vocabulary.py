"""The words of the inbound API, as choices with labels for people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PrepType(TextChoices):
    ITEM_BLACK_SHRINKWRAP = "ITEM_BLACK_SHRINKWRAP", _("Black shrink wrap")
    ITEM_BLANKSTK = "ITEM_BLANKSTK", _("Blank sticker over a barcode")
    ITEM_BOXING = "ITEM_BOXING", _("Boxing")
    ITEM_BUBBLEWRAP = "ITEM_BUBBLEWRAP", _("Bubble wrap")
    ITEM_CAP_SEALING = "ITEM_CAP_SEALING", _("Cap sealing")
    ITEM_DEBUNDLE = "ITEM_DEBUNDLE", _("Taking a bundle apart")
    ITEM_HANG_GARMENT = "ITEM_HANG_GARMENT", _("Hanging garment")
    ITEM_LABELING = "ITEM_LABELING", _("Labelling")
    ITEM_NO_PREP = "ITEM_NO_PREP", _("No prep needed")
    ITEM_POLYBAGGING = "ITEM_POLYBAGGING", _("Polybag")
    ITEM_RMOVHANG = "ITEM_RMOVHANG", _("Removal from hanger")
    ITEM_SETCREAT = "ITEM_SETCREAT", _("Making a set")
    ITEM_SETSTK = "ITEM_SETSTK", _("Sticker: sold as set")
    ITEM_SIOC = "ITEM_SIOC", _("Ships in product packaging")
    ITEM_SUFFOSTK = "ITEM_SUFFOSTK", _("Suffocation warning sticker")
    ITEM_TAPING = "ITEM_TAPING", _("Taping")


class Owner(TextChoices):
    """Who prepares the units, or labels them."""

    AMAZON = "AMAZON", _("Marketplace")
    SELLER = "SELLER", _("Seller")
    NONE = "NONE", _("Nobody")


class WeightUnit(TextChoices):
    LB = "LB", _("lb")
    KG = "KG", _("kg")


class LengthUnit(TextChoices):
    IN = "IN", _("in")
    CM = "CM", _("cm")


class TransportMode(TextChoices):
    SP = "SP", _("Small parcel")
    LTL = "LTL", _("Pallets (less than truckload)")


class TrackingVerdict(TextChoices):
    VALIDATED = "validated", _("Validated")
    NOT_VALIDATED = "not_validated", _("Not validated")
    NOT_SUPPORTED = "not_supported", _("Carrier not supported")


class SheetSize(TextChoices):
    LETTER_2 = "PackageLabel_Letter_2", _("US Letter, 2 labels")
    LETTER_4 = "PackageLabel_Letter_4", _("US Letter, 4 labels")
    LETTER_6 = "PackageLabel_Letter_6", _("US Letter, 6 labels")
    A4_2 = "PackageLabel_A4_2", _("A4, 2 labels")
    A4_4 = "PackageLabel_A4_4", _("A4, 4 labels")
    PLAIN_PAPER = "PackageLabel_Plain_Paper", _("Plain paper, 1 label")
    THERMAL = "PackageLabel_Thermal", _("Thermal printer, 4 x 6 in")


class ItemSheet(TextChoices):
    """Sheets for item labels: the paper, how many labels are on it, the size of a label."""

    A4_21 = "A4_21", _("A4, 21 labels, 63.5 x 38.1 mm")
    A4_24 = "A4_24", _("A4, 24 labels, 66 x 33.9 mm")
    A4_24_64X33 = "A4_24_64x33", _("A4, 24 labels, 64.6 x 33.8 mm")
    A4_24_66X35 = "A4_24_66x35", _("A4, 24 labels, 66 x 35 mm")
    A4_24_70X36 = "A4_24_70x36", _("A4, 24 labels, 70 x 36 mm")
    A4_24_70X37 = "A4_24_70x37", _("A4, 24 labels, 70 x 37 mm")
    A4_24I = "A4_24i", _("A4, 24 labels, 63.5 x 33.9 mm")
    A4_27 = "A4_27", _("A4, 27 labels, 63.5 x 29.6 mm")
    A4_40 = "A4_40_52x29", _("A4, 40 labels, 52.5 x 29.7 mm")
    A4_44 = "A4_44_48x25", _("A4, 44 labels, 48.5 x 25.4 mm")
    LETTER_30 = "Letter_30", _("US Letter, 30 labels, 2 5/8 x 1 in")


_OLD_PREP_WORDS = {
    "polybagging": PrepType.ITEM_POLYBAGGING,
    "bubblewrapping": PrepType.ITEM_BUBBLEWRAP,
    "taping": PrepType.ITEM_TAPING,
    "blackshrinkwrapping": PrepType.ITEM_BLACK_SHRINKWRAP,
    "labeling": PrepType.ITEM_LABELING,
    "hanggarment": PrepType.ITEM_HANG_GARMENT,
    "setcreation": PrepType.ITEM_SETCREAT,
    "boxing": PrepType.ITEM_BOXING,
    "removefromhanger": PrepType.ITEM_RMOVHANG,
    "debundle": PrepType.ITEM_DEBUNDLE,
    "suffocationstickering": PrepType.ITEM_SUFFOSTK,
    "capsealing": PrepType.ITEM_CAP_SEALING,
    "setstickering": PrepType.ITEM_SETSTK,
    "blankstickering": PrepType.ITEM_BLANKSTK,
    "shipsinproductpackaging": PrepType.ITEM_SIOC,
    "noprep": PrepType.ITEM_NO_PREP,
    "noprepneeded": PrepType.ITEM_NO_PREP,
    "": PrepType.ITEM_NO_PREP,
}


class UnknownWord(ValueError):
    """A file or an answer holds a word that the inbound API does not know."""


def prep_type(text: str) -> PrepType:
    """Of either API generation or a file; "" is no prep. Raises UnknownWord."""
    word = text.strip()
    if word.upper() in PrepType.values:
        return PrepType(word.upper())
    letters = word.replace(" ", "").replace("-", "").lower()
    if letters not in _OLD_PREP_WORDS:
        raise UnknownWord(f"“{word[:60]}” is no prep type.")
    return _OLD_PREP_WORDS[letters]


def owner(text: str) -> Owner:
    """From "Seller", "AMAZON" or "" for nobody. Raises UnknownWord."""
    word = text.strip().upper() or "NONE"
    if word not in Owner.values:
        raise UnknownWord(f"“{text.strip()[:60]}” is no owner. Use Amazon, Seller or None.")
    return Owner(word)
