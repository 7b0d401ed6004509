"""The Seller Central roles, their categories, and what a restricted role must answer.

The roles are data (`roles/data/role_catalogue.csv`); this module reads and checks them.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CATALOGUE_FILE = Path(__file__).parent / "data" / "role_catalogue.csv"
LEVELS = ("none", "view", "edit", "admin")
RESTRICTIONS = {
    "personal_data": "Personal data",
    "money": "Money",
    "access": "Access",
    "speaks_for_seller": "Speaks for the seller",
}
_COLUMNS = [
    "code",
    "name",
    "category",
    "opens",
    "max_level",
    "restricted_because",
    "grantable_to_provider",
]


class CatalogueError(ValueError):
    """The catalogue file is flawed; `str()` names the line and the flaw."""


@dataclass(frozen=True)
class Category:
    slug: str
    title: str
    sentence: str


@dataclass(frozen=True)
class CatalogueRow:
    """One Seller Central role as the catalogue has it; `category` is the category's slug."""

    code: str
    name: str
    category: str
    opens: str
    highest_level: str
    restricted_because: tuple[str, ...]
    grantable: bool

    @property
    def restricted(self) -> bool:
        return bool(self.restricted_because)


@dataclass(frozen=True)
class Question:
    slug: str
    reason: str
    text: str
    help: str
    max_length: int = 1000


CATEGORIES = (
    Category("advertising", "Advertising", "Campaigns, promotions, deals and brand content."),
    Category("inventory", "Inventory", "Listings, stock and shipments to fulfilment centres."),
    Category("orders", "Orders", "Customers' orders, refunds, returns and transactions."),
    Category("pricing", "Pricing", "Prices, repricing rules and price alerts."),
    Category("brand", "Brand benefits", "Brand store, bundles, experiments and search data."),
    Category("growth", "Growth", "Programmes that help sales grow."),
    Category("reports", "Reports", "Sales, fulfilment, payment and tax reports."),
    Category("performance", "Performance", "Account health, feedback and claims."),
    Category("services", "Services", "Requests to the network of service providers."),
    Category("settings", "Settings", "Account options, support cases and who may do what."),
)

_QUESTIONS = (
    Question(
        "personal_data_purpose",
        "personal_data",
        "Which buyer data do your employees need to see, and for which task?",
        "Name the data, such as names or addresses, and the step that cannot do without it.",
    ),
    Question(
        "personal_data_storage",
        "personal_data",
        "Where is buyer data stored, who can reach it, and when is it deleted?",
        "Name the systems and countries, how access is limited, and the number of days.",
    ),
    Question(
        "money_control",
        "money",
        "Who in your company may move or see sellers' money, and who checks it?",
        "Describe how a second person approves refunds, payment settings or cost data.",
    ),
    Question(
        "access_control",
        "access",
        "How do you decide who may open a seller's account to others?",
        "Describe who decides, how the seller learns of it, and how it is undone.",
    ),
    Question(
        "speaks_for_seller_approval",
        "speaks_for_seller",
        "How does the seller approve what you write in their name?",
        "Describe who drafts, who approves, and how quickly a wrong statement is corrected.",
    ),
)


def category_by_title(title: str) -> Category:
    return {category.title: category for category in CATEGORIES}[title]


def questions_for(restricted_because: Iterable[str] | str) -> tuple[Question, ...]:
    """Takes the reasons as a sequence or as words. Raises KeyError for an unknown reason."""
    words = (
        restricted_because.split() if isinstance(restricted_because, str) else restricted_because
    )
    reasons = set(words)
    if unknown := reasons - RESTRICTIONS.keys():
        raise KeyError(min(unknown))
    return tuple(question for question in _QUESTIONS if question.reason in reasons)


def read_catalogue(path: Path = CATALOGUE_FILE) -> list[CatalogueRow]:
    """In the order of the file. Raises CatalogueError."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if reader.fieldnames != _COLUMNS:
            raise CatalogueError(f"Columns must be {', '.join(_COLUMNS)}.")
        rows = []
        for line in reader:
            try:
                rows.append(_row(line))
            except (KeyError, ValueError, AttributeError, TypeError) as error:
                raise CatalogueError(f"Line {reader.line_num}: {error}") from error
    _check_together(rows)
    return rows


@cache
def role_names() -> Mapping[str, str]:
    return {row.code: row.name for row in read_catalogue()}


def _row(line: dict[str, str]) -> CatalogueRow:
    if None in line or None in line.values():
        raise ValueError("wrong number of cells")
    row = CatalogueRow(
        code=line["code"],
        name=line["name"],
        category=category_by_title(line["category"]).slug,
        opens=line["opens"],
        highest_level=line["max_level"],
        restricted_because=tuple(line["restricted_because"].split()),
        grantable={"yes": True, "no": False}[line["grantable_to_provider"]],
    )
    _check(row)
    return row


def _check(row: CatalogueRow) -> None:
    if not row.code.startswith(f"{row.category}."):
        raise ValueError(f"code {row.code!r} does not start with its category")
    if not row.name or not row.opens:
        raise ValueError("name and what it opens must not be empty")
    if row.highest_level not in LEVELS:
        raise ValueError(f"unknown level {row.highest_level!r}")
    if row.grantable is (row.highest_level == "none"):
        raise ValueError("a role is grantable exactly when it has a level above none")
    questions_for(row.restricted_because)


def _check_together(rows: list[CatalogueRow]) -> None:
    for field in ("code", "name"):
        values = [getattr(row, field) for row in rows]
        if len(set(values)) != len(values):
            raise CatalogueError(f"Two roles have the same {field}.")
    if {row.category for row in rows} != {category.slug for category in CATEGORIES}:
        raise CatalogueError("Each category needs at least one role.")
