"""Who is in the demo. Addresses at demo.example, one password, fixed second-factor secrets."""

from dataclasses import dataclass

PASSWORD = "partnerhub-demo"  # noqa: S105 - printed by `make demo`; the demo signs anybody in


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    who: str
    secret: str = ""

    @property
    def address(self) -> str:
        return f"{self.key}@demo.example"


PEOPLE = (
    Person(
        "seller-admin", "Sam Seller", "Administrator of the seller Blue Lantern", "JBSWY3DPEHPK3PXP"
    ),
    Person("seller-staff", "Toni Staff", "Employee of the seller Blue Lantern"),
    Person(
        "provider-admin",
        "Pat Provider",
        "Administrator of the solution provider Harbor Desk",
        "KRSXG5CTMVRXEZLU",
    ),
    Person(
        "provider-employee",
        "Emery Ployee",
        "Employee of the solution provider Harbor Desk, who acts for Blue Lantern",
        "OBZG65TJMRSXEZDF",
    ),
    Person("supplier", "Sunny Supplier", "Administrator of the supplier North Mill"),
    Person("reviewer", "Robin Reviewer", "The marketplace's reviewer", "GEZDGNBVGY3TQOJQ"),
    Person("lead", "Lee Lead", "Lead reviewer: the second pair of eyes", "MFRGGZDFMZTWQ2LK"),
    Person("lead-two", "Lou Second", "Another lead reviewer, who confirms", "NRXXKIDTMVRW63TE"),
    Person(
        "auditor", "Audrey Audit", "Auditor: sees the desk, changes nothing", "MF2WI2LUEBZWKZLT"
    ),
    Person("support", "Sasha Support", "Support: shipments, mail, people", "ON2XA4DPOJ2CA2DF"),
    Person(
        "other-seller-admin",
        "Olga Other",
        "Administrator of another seller, Red Kite",
        "NB2W45DFOIZDGNBV",
    ),
    Person(
        "other-provider-admin",
        "Oscar Other",
        "Administrator of another provider, Quiet Ledger",
        "ONSWG4TFOQQHIZLT",
    ),
    Person("other-supplier", "Ona Other", "Administrator of another supplier, South Dye Works"),
    Person("newcomer", "Nico Newcomer", "Has an account, belongs to no organization yet"),
)
# Signs in nowhere: a mailed link and code open one shipment (X13).
GUEST = Person("guest", "Paper Crane", "Supplier without an account, with a link to one shipment")


def person(key: str) -> Person | None:
    return next((one for one in PEOPLE if one.key == key), None)
