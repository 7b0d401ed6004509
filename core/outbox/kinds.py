"""The kinds of messages there are, in the groups that people can switch. Apps register theirs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from operator import attrgetter

from django.urls import reverse
from django.utils.translation import gettext


@dataclass(frozen=True)
class Group:
    """Kinds that are switched together on the page of notification settings. `locked` mail cannot
    be switched off; `daily` mail may come once a day in one mail; `repeating` mail carries the
    headers by which mail programs unsubscribe (RFC 8058); `staff` groups concern reviewers
    alone."""

    name: str
    title: str
    text: str
    locked: bool = False
    daily: bool = False
    repeating: bool = False
    staff: bool = False


SECURITY = Group(
    "security",
    "Sign-in, rights and access",
    "Codes, new sign-ins, your password and second factor, identity, the state of your accounts, "
    "and every change of who may do what. Always sent: it guards you and your accounts.",
    locked=True,
)
INVITATIONS = Group(
    "invitations",
    "Invitations to you",
    "Invitations, partner links, requests and proposals that wait for your answer.",
)
ANSWERS = Group(
    "answers", "Answers to what you sent", "Accepted, declined, expired, or could not be delivered."
)
APPLICATIONS = Group(
    "applications", "Role applications", "Received, questions of the reviewers, decided."
)
REMINDERS = Group(
    "reminders", "Reminders", "Approvals, connections and partner links that end soon."
)
SHIPMENTS = Group(
    "shipments",
    "Shipment updates",
    "Shared, packed, shipped, delivered, and ship dates that come near. Recalls, cancellations "
    "and changes are never held back for the daily mail.",
    daily=True,
    repeating=True,
)
REVIEWS = Group(
    "reviews",
    "What waits for review",
    "Once a day: applications and identity checks that wait for a reviewer.",
    staff=True,
)
GROUPS = (SECURITY, INVITATIONS, ANSWERS, APPLICATIONS, REMINDERS, SHIPMENTS, REVIEWS)


@dataclass(frozen=True)
class Kind:
    """One kind of message: "app.event", what people call it, its group. An `urgent` one is sent at
    once even to those who want its group once a day. What a person `asked` for, a code or the echo
    of what they did, is sent even to an address that is marked. What announces that something
    `ends` is sent even to those who are no longer members because of it."""

    name: str
    label: str
    group: Group
    urgent: bool = False
    asked: bool = False
    ends: bool = False

    @property
    def always(self) -> bool:
        """Whether it goes although what it rests on has changed since it was queued."""
        return self.asked or self.ends


_KINDS: dict[str, Kind] = {}


def register(
    kinds: Mapping[Group, Mapping[str, str]],
    *,
    urgent: Collection[str] = frozenset(),
    asked: Collection[str] = frozenset(),
    ends: Collection[str] = frozenset(),
) -> None:
    """Make an app's kinds known, name and label by group; called from AppConfig.ready."""
    for group, labels in kinds.items():
        for name, label in labels.items():
            _KINDS[name] = Kind(name, label, group, name in urgent, name in asked, name in ends)


def check(names: Collection[str]) -> None:
    """Raise LookupError for a kind that no app has registered: nobody could switch its mail."""
    if missing := sorted(set(names) - _KINDS.keys()):
        raise LookupError(
            f"Unknown kind of mail: {', '.join(missing)}. Give it a label and a group in the "
            "mail_kinds module of its app."
        )


def get(name: str) -> Kind:
    """The kind called `name`. What was queued before its kind was taken out is sent all the same:
    nothing new of an unknown kind gets into the outbox, see check()."""
    return _KINDS.get(name) or Kind(name, name, SECURITY)


def group_of(name: str) -> Group:
    return get(name).group


def all_kinds() -> list[Kind]:
    return [kind for group in GROUPS for kind in kinds_in(group)]


def kinds_in(group: Group) -> list[Kind]:
    return sorted((kind for kind in _KINDS.values() if kind.group is group), key=attrgetter("name"))


def links_to(page: str) -> list[tuple[str, list[dict[str, str]]]]:
    """Title of each group with label and address of its kinds, each at the page of this name."""
    return [
        (
            group.title,
            [{"label": gettext(k.label), "url": reverse(page, args=[k.name])} for k in found],
        )
        for group, found in ((group, kinds_in(group)) for group in GROUPS)
    ]


def names_in(group: Group) -> list[str]:
    return [kind.name for kind in kinds_in(group)]


def asked_for() -> list[str]:
    return [kind.name for kind in _KINDS.values() if kind.asked]
