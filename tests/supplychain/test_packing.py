"""A supplier works on a shared shipment: boxes, contents, labels, numbers, shipped (S1.13)."""

import html
import io
from datetime import UTC, timedelta
from decimal import Decimal

import pypdfium2
import pytest

from core import clock
from core.audit.models import Event
from supplychain.models import Box, Share
from supplychain.packing.units import from_grams, from_millimetres
from supplychain.vocabulary import SheetSize
from tests.factories.supplychain import box, item, packed, seller, share, shipment, supplier
from tests.supplychain.pages import box_values, share_page, shipment_page
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
UPS = "1Z12345E0291980794"
UPS_2 = "1Z5R89390357567127"


class Scene:
    """A shipment shared with a supplier, both signed in."""

    def __init__(self, mode="SP", **items):
        self.firm, self.boss = seller(name="Blue Harbor")
        self.factory, self.sam = supplier(name="Nord Factory")
        self.shipment = shipment(self.firm, items or {"MUG": 12, "BOWL": 8}, mode=mode)
        self.share = share(self.shipment, self.factory, shared_by=self.boss)
        self.client = signed_in(self.sam)
        self.items = {line.msku: line for line in self.shipment.items.all()}

    def get(self, name="share", *args):
        return self.client.get(share_page(self.share, name, *args))

    def post(self, name, data=None, *args):
        return self.client.post(share_page(self.share, name, *args), data or {})

    def add(self, units, **more):
        contents = {self.items[sku]: number for sku, number in units.items()}
        return self.post("box-add", box_values(contents, **more))

    def state(self):
        self.share.refresh_from_db()
        self.shipment.refresh_from_db()
        return self.share.status, self.shipment.status

    def states(self):
        return [(step["title"], step["state"]) for step in self.get().context["steps"]]


@pytest.fixture
def scene():
    """The usual one."""
    return Scene()


def text_of(response):
    """The text that stands on the pages of a PDF answer."""
    document = pypdfium2.PdfDocument(io.BytesIO(response.content))
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


# The whole way ---------------------------------------------------------------------------------
def test_from_the_mail_to_shipped(scene):
    """S1.13, X12, U34-U36: seen, packed, confirmed, labelled, tracked, shipped; all is told."""
    assert [state for _, state in scene.states()] == ["current", "todo", "todo", "todo", "todo"]
    assert scene.post("share-seen").status_code == 302
    assert scene.state() == ("viewed", "working")
    assert scene.post("share-start").url == share_page(scene.share, "box-add")
    assert scene.state()[0] == "packing"
    assert scene.add({"MUG": 6, "BOWL": 4}, count="2").url == share_page(scene.share) + "#boxes"
    assert list(Box.objects.values_list("number", flat=True)) == [1, 2]
    assert scene.post("share-confirm").status_code == 302
    assert scene.state() == ("contents_confirmed", "working")
    assert scene.post("share-labels").url == share_page(scene.share, "share-documents")
    assert scene.state() == ("labels_ready", "ready_to_ship")
    pdf = scene.post("share-labels-pdf", {"sheet": SheetSize.LETTER_2})
    assert pdf["Content-Type"] == "application/pdf"
    assert f"{scene.shipment.shipment_id}U000002" in text_of(pdf)
    page = scene.get("share-tracking")
    data = dict(zip((field.name for _, field in page.context["rows"]), (UPS, UPS_2), strict=True))
    assert scene.post("share-tracking", data).status_code == 302
    assert set(Box.objects.values_list("carrier", "tracking_verdict")) == {("ups", "validated")}
    assert scene.post("share-shipped").status_code == 302
    assert scene.state() == ("shipped", "shipped")
    assert [state for _, state in scene.states()] == ["done"] * 5
    subjects = [letter.subject for letter in drain() if letter.to == [scene.boss.email]]
    for word in ("contents confirmed", "labels ready", "shipped"):
        assert sum(word in subject for subject in subjects) == 1

    page = signed_in(scene.boss).get(shipment_page(scene.shipment)).content.decode()
    for word in ("Nord Factory", "confirmed the contents of the boxes", "shipped the boxes", UPS):
        assert word in page
    assert scene.sam.name not in page
    own = scene.get().content.decode()
    assert scene.sam.name in own
    assert scene.boss.name not in own


def test_looking_changes_nothing(scene):
    """N13: no page of the supplier writes anything by being read."""
    packed(scene.share)
    Share.objects.update(status="contents_confirmed", confirmed_at=clock.now())
    with nothing_changes():
        for name in ("share", "share-documents", "share-tracking", "share-decline"):
            assert scene.get(name).status_code == 200
        for name in (
            "share-start",
            "share-confirm",
            "share-labels",
            "share-shipped",
            "share-seen",
            "share-labels-pdf",
            "share-pack-list",
        ):
            assert scene.get(name).status_code == 405


# Boxes -----------------------------------------------------------------------------------------
def test_boxes_in_pounds_and_in_kilograms(scene):
    """Both systems are exact; "and another" keeps the chosen units."""
    scene.add({"MUG": 1})
    row = Box.objects.get()
    assert (row.weight_g, row.length_mm) == (Decimal("9071.8474000"), Decimal("406.400"))
    response = scene.add(
        {"MUG": 1},
        weight="9.5",
        weight_unit="KG",
        length="40",
        length_unit="CM",
        another="1",
        width="30",
        height="20.5",
    )
    assert response.url.endswith("boxes/new/?weight_unit=KG&length_unit=CM")
    row = Box.objects.get(number=2)
    assert (row.weight_g, row.height_mm) == (Decimal("9500.0000000"), Decimal("205.000"))
    again = scene.client.get(response.url)
    assert again.context["form"]["weight_unit"].value() == "KG"


MEASURES = ("weight_g", "length_mm", "width_mm", "height_mm")


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("weight_unit", ["LB", "KG"])
@pytest.mark.parametrize("length_unit", ["IN", "CM"])
def test_a_box_saved_untouched_stays_as_it_was(scene, weight_unit, length_unit, kept):
    """What the form shows is what was typed, so that sending it back changes nothing; also for
    boxes from before units were kept."""
    typed = {"weight": "10", "length": "40", "width": "30.01", "height": "29.99"}
    type(scene.shipment).objects.update(mode="LTL")
    scene.add({"MUG": 1}, weight_unit=weight_unit, length_unit=length_unit, **typed)
    if not kept:
        Box.objects.update(weight_unit="", length_unit="")
    row = Box.objects.get()
    before = [getattr(row, name) for name in MEASURES]
    form = scene.get("box-edit", row.public_id).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert {name: Decimal(shown[name]) for name in typed} == {
        name: Decimal(value) for name, value in typed.items()
    }
    assert (shown["weight_unit"], shown["length_unit"]) == (weight_unit, length_unit)
    sent = {name: value for name, value in shown.items() if value is not None}
    with nothing_changes():
        assert scene.post("box-edit", sent, row.public_id).status_code == 302
    # A form from before it carried what it showed.
    del sent["shown"]
    assert scene.post("box-edit", sent, row.public_id).status_code == 302
    row.refresh_from_db()
    assert [getattr(row, name) for name in MEASURES] == before
    assert kept == bool(row.weight_unit and row.length_unit)
    page = scene.get().content.decode()
    assert f"10.00 {weight_unit.lower()}" in page
    assert f"40.00 × 30.01 × 29.99 {length_unit.lower()}" in page
    # The next box begins with the units of this one.
    assert scene.get("box-add").context["form"]["weight_unit"].value() == weight_unit


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"weight": "0"}, "weight"),
        ({"weight": "-3"}, "weight"),
        ({"weight": "NaN"}, "weight"),
        ({"weight": "1.234"}, "weight"),
        ({"weight": "50.01"}, "at most 50 lb"),
        ({"length": "25.5"}, "at most 25 in"),
        ({"length_unit": "MILE"}, "length_unit"),
        ({"count": "0"}, "count"),
        ({"count": "5001"}, "5,000"),
        ({"count": "10001"}, "count"),
        ({"weight": ""}, "required"),
    ],
)
def test_a_box_that_cannot_be_is_refused_at_its_field(scene, values, word):
    """Limits of a parcel box; 422 with what was typed, nothing written."""
    scene.post("share-start")
    with nothing_changes():
        response = scene.add({"MUG": 2}, **values)
    assert response.status_code == 422
    assert word in response.content.decode()


def test_an_empty_box_and_a_foreign_item_are_refused(scene):
    """A3: another shipment's line has no field; without units there is no box."""
    scene.post("share-start")
    foreign = item(shipment(scene.firm), "FOREIGN", 5)
    with nothing_changes():
        assert scene.add({}).status_code == 422
        assert scene.post("box-add", box_values({foreign: 5})).status_code == 422


def test_heavy_boxes_say_which_label_to_put_on(scene):
    """A single unit may weigh more than 50 lb; the page says Team Lift, or Mechanical Lift."""
    scene.add({"MUG": 1}, weight="60")
    scene.add({"MUG": 1}, weight="120")
    page = scene.get().content.decode()
    assert "Team Lift" in page
    assert "Mechanical Lift" in page


def test_change_and_remove_boxes_without_using_a_number_again(scene):
    """A box id is printed once: what is removed leaves a gap."""
    scene.add({"MUG": 6}, count="2")
    first, second = Box.objects.order_by("number")
    shown = scene.get("box-edit", first.public_id)
    assert shown.context["form"]["weight"].value() == Decimal("20.00")
    changed = box_values({scene.items["MUG"]: 5, scene.items["BOWL"]: 1}, weight="22")
    assert scene.post("box-edit", changed, first.public_id).status_code == 302
    assert sorted(first.contents.values_list("item__msku", "quantity")) == [("BOWL", 1), ("MUG", 5)]
    scene.post("share-remove", {"box": [str(second.public_id), "nonsense"]})
    scene.add({"MUG": 1})
    assert list(Box.objects.values_list("number", flat=True)) == [1, 3]
    other = Scene()
    foreign = box(other.share, {"MUG": 1})
    with nothing_changes():
        assert scene.get("box-edit", foreign.public_id).status_code == 404
        scene.post("share-remove", {"box": [str(foreign.public_id)]})


def test_many_equal_boxes_take_few_statements(scene, django_assert_max_num_queries):
    """500 equal boxes are written in bulk."""
    item(scene.shipment, "BOLT", 50_000)
    scene.items = {line.msku: line for line in scene.shipment.items.all()}
    scene.post("share-start")
    with django_assert_max_num_queries(32):
        assert scene.add({"BOLT": 100}, count="500").status_code == 302
    assert Box.objects.count() == 500
    assert scene.get().status_code == 200


# Contents --------------------------------------------------------------------------------------
def test_wrong_contents_are_told_row_by_row(scene):
    """X12: missing, too many: each with its numbers; nothing moves before they agree."""
    scene.post("share-start")
    scene.add({"MUG": 13})
    scene.add({"BOWL": 5})
    with nothing_changes():
        response = scene.post("share-confirm")
    assert response.status_code == 422
    page = response.content.decode()
    assert "SKU MUG: 12 planned, 13 packed, 1 too many." in page
    assert "SKU BOWL: 8 planned, 5 packed, 3 missing." in page
    for name in ("share-labels", "share-labels-pdf", "share-shipped"):
        assert scene.post(name, {"sheet": SheetSize.A4_2}).status_code == 409
    assert scene.state() == ("packing", "working")


def test_another_expiry_date_than_planned_is_told(scene):
    """Dates are checked against the plan as well."""
    planned = clock.today(UTC) + timedelta(days=300)
    milk = item(scene.shipment, "MILK", 3, expiry=planned)
    scene.items["MILK"] = milk
    other = str(planned + timedelta(days=1))
    scene.add({"MUG": 12, "BOWL": 8, "MILK": 3}, **{f"expiry-{milk.public_id}": other})
    response = scene.post("share-confirm")
    assert response.status_code == 422
    assert "another expiry date" in response.content.decode()


def test_two_suppliers_pack_one_shipment_between_them(scene):
    """Whoever is last makes it complete; neither reads of the other by name (U32)."""
    second, kim = supplier(name="Second Factory")
    other = share(scene.shipment, second)
    scene.add({"MUG": 12})
    assert scene.post("share-confirm").status_code == 302
    theirs = signed_in(kim)
    page = theirs.get(share_page(other)).content.decode()
    assert "Packed elsewhere" in page
    assert "Nord Factory" not in page
    assert theirs.post(share_page(other, "share-confirm")).status_code == 422
    box(other, {"BOWL": 8})
    assert theirs.post(share_page(other, "share-confirm")).status_code == 302
    for client, row in ((scene.client, scene.share), (theirs, other)):
        client.post(share_page(row, "share-labels"))
        Box.objects.filter(share=row).update(tracking_number=UPS)
    assert scene.state() == ("labels_ready", "ready_to_ship")
    scene.post("share-shipped")
    assert scene.state() == ("shipped", "ready_to_ship")
    theirs.post(share_page(other, "share-shipped"))
    assert scene.state() == ("shipped", "shipped")


def test_a_forwarder_without_boxes_ships_without_labels(scene):
    """Whose part holds no box has nothing to label."""
    forwarder, kim = supplier(supplier_kind="freight_forwarder")
    second = share(scene.shipment, forwarder)
    theirs = signed_in(kim)
    assert theirs.post(share_page(second, "share-confirm")).status_code == 302
    assert theirs.post(share_page(second, "share-labels")).status_code == 409
    assert theirs.post(share_page(second, "share-shipped")).status_code == 302
    second.refresh_from_db()
    assert second.status == "shipped"
    assert scene.state()[1] == "working"


def test_reopening_takes_the_labels_back(scene):
    """Back to packing; the shipment is not ready any more; confirmed again, told again."""
    packed(scene.share)
    scene.post("share-confirm")
    scene.post("share-labels")
    assert scene.state() == ("labels_ready", "ready_to_ship")
    assert scene.post("share-reopen").status_code == 302
    assert scene.state() == ("packing", "working")
    assert scene.post("share-labels-pdf", {"sheet": SheetSize.A4_2}).status_code == 409
    drain()
    scene.post("share-confirm")
    assert any("contents confirmed" in letter.subject for letter in drain())


# Labels and numbers ----------------------------------------------------------------------------
def test_labels_are_the_same_bytes_each_time_and_each_download_is_history(scene):
    """U34: every named sheet; the same boxes give the same file; an unknown sheet is refused."""
    packed(scene.share)
    scene.post("share-confirm")
    scene.post("share-labels")
    for sheet in SheetSize:
        first = scene.post("share-labels-pdf", {"sheet": sheet})
        assert first.content == scene.post("share-labels-pdf", {"sheet": sheet}).content
        assert first["Content-Disposition"].startswith("attachment")
        assert "ABE2" in text_of(first)
    assert Event.objects.filter(verb="share.labels_downloaded").count() == 2 * len(SheetSize)
    with nothing_changes():
        assert scene.post("share-labels-pdf", {"sheet": "Napkin"}).status_code == 422


def test_item_labels_and_pack_list(scene):
    """U34, U39: labels of an item with an FNSKU; the pack list of the own boxes."""
    packed(scene.share)
    mug = scene.items["MUG"]
    data = {"item": str(mug.public_id), "item_sheet": "Letter_30", "copies": "31"}
    pdf = scene.post("share-item-labels", data)
    assert mug.fnsku in text_of(pdf)
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf.content))) == 2
    foreign = item(shipment(scene.firm), "FOREIGN", 5)
    with nothing_changes():
        for bad in ({"copies": "0"}, {"copies": "10001"}, {"item": str(foreign.public_id)}):
            assert scene.post("share-item-labels", data | bad).status_code == 422
    csv = b"".join(scene.post("share-pack-list").streaming_content).decode("utf-8-sig")
    assert csv.splitlines()[0].startswith('"Box id","Box","SKU"')
    assert len(csv.splitlines()) == 3


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("name", "Name"),
        ("ship_from_name", "Ship from"),
        ("ship_from_address", "Ship-from address"),
        ("msku", "SKU"),
    ],
)
def test_labels_that_cannot_be_printed_are_refused_with_the_field(scene, field, label):
    """Before a label is made, while the seller can still change it; both sides are told."""
    scene.add({"MUG": 12, "BOWL": 8})
    rows = (
        scene.shipment.items.filter(msku="MUG") if field == "msku" else type(scene.shipment).objects
    )
    rows.update(**{field: "שלום"})
    told = f"“{label}” holds “ש”, which labels cannot print"
    with nothing_changes():
        answer = scene.post("share-confirm")
    assert answer.status_code == 422
    assert told in answer.content.decode()
    if field != "msku":
        assert told in signed_in(scene.boss).get(shipment_page(scene.shipment)).content.decode()
    # What was confirmed before this was asked.
    type(scene.share).objects.update(status="contents_confirmed", confirmed_at=clock.now())
    with nothing_changes():
        for name, data in (
            ("share-labels", None),
            ("share-labels-pdf", {"sheet": "PackageLabel_A4_4"}),
        ):
            answer = scene.post(name, data)
            assert answer.status_code == 422
            assert told in answer.content.decode()
    rows = scene.shipment.items.filter(msku="שלום") if field == "msku" else rows
    rows.update(**{field: "Привет 안녕 你好"})
    assert scene.post("share-labels").status_code == 302
    assert "Привет" in text_of(scene.post("share-labels-pdf", {"sheet": "PackageLabel_A4_4"}))


def test_an_item_label_that_cannot_be_printed_is_no_download(scene):
    scene.shipment.items.update(title="שלום", fnsku="X1")
    sent = {"item": str(scene.items["MUG"].public_id), "item_sheet": "A4_21", "copies": "2"}
    with nothing_changes():
        answer = scene.post("share-item-labels", sent)
    assert answer.status_code == 422
    assert "“Title” holds" in answer.content.decode()


def test_tracking_numbers_are_checked_and_told_at_their_box(scene):
    """U35: verdict per number; what cannot be one is refused at its field; pasting fills up."""
    scene.add({"MUG": 6, "BOWL": 4}, count="2")
    with nothing_changes():
        assert scene.get("share-tracking").status_code == 409
    scene.post("share-confirm")
    first, second = (f"box-{row.public_id}" for row in Box.objects.order_by("number"))
    with nothing_changes():
        response = scene.post("share-tracking", {first: UPS, second: "bad number!"})
    assert response.status_code == 422
    assert "Box U000002:" in response.content.decode()
    with nothing_changes():
        doubted = scene.post("share-tracking", {first: UPS[:-1] + "3", second: ""})
    assert doubted.status_code == 422
    assert "but its check digit is wrong" in doubted.context["form"].errors[first][0]
    sure = {"confirmed": doubted.context["form"].stamp}
    assert scene.post("share-tracking", {first: UPS[:-1] + "3"} | sure).status_code == 302
    assert Box.objects.get(number=1).tracking_verdict == "not_validated"
    scene.post("share-labels")
    response = scene.post("share-shipped")
    assert response.status_code == 422
    assert "Box U000002 has no tracking number yet" in response.content.decode()
    with nothing_changes():
        too_many = scene.post("share-tracking", {first: UPS, "pasted": "A1\nB2"})
        assert too_many.status_code == 422
    assert scene.post("share-tracking", {first: UPS, "pasted": "DACHSER-4711"}).status_code == 302
    assert list(Box.objects.values_list("tracking_verdict", flat=True)) == [
        "validated",
        "not_supported",
    ]
    assert scene.post("share-shipped").status_code == 302


@pytest.mark.parametrize(
    ("center", "weight", "status"), [("ABE2", "23", 422), ("BHX1", "23", 302), ("ZZZ9", "60", 302)]
)
def test_a_box_keeps_to_the_limits_of_its_centre(scene, center, weight, status):
    """Those of the country; where they are not known nothing is refused, and that is told."""
    type(scene.shipment).objects.update(center_code=center)
    assert scene.add({"MUG": 2}, weight=weight, weight_unit="KG").status_code == status
    told = {"ABE2": "50 lb, and 25 in", "BHX1": "23 kg, and 63.5 cm", "ZZZ9": "not known for"}
    assert told[center] in scene.get().content.decode()


@pytest.mark.parametrize("pasted", [False, True])
def test_the_same_number_twice_is_told_and_confirmed(scene, pasted):
    """Typed or pasted, in this shipment or in an earlier one of the same two."""
    scene.add({"MUG": 6, "BOWL": 4}, count="2")
    scene.post("share-confirm")
    first, second = (f"box-{row.public_id}" for row in Box.objects.order_by("number"))
    sent = {"pasted": f"{UPS}\n{UPS}"} if pasted else {first: UPS, second: UPS}
    with nothing_changes():
        answer = scene.post("share-tracking", sent)
    assert answer.status_code == 422
    text = answer.content.decode()
    code = f"{scene.shipment.shipment_id}U000002"
    assert f"Box {code} has {UPS}, too." in text
    assert 'name="confirmed"' in text
    with nothing_changes():
        # What is confirmed is what was told: other numbers are asked for anew.
        other = {first: UPS_2, second: UPS_2, "confirmed": answer.context["form"].stamp}
        if not pasted:
            other |= {second: UPS_2[:-1] + "7"}
        assert scene.post("share-tracking", other).status_code == 422
    sure = {"confirmed": answer.context["form"].stamp}
    assert scene.post("share-tracking", sent | sure).status_code == 302
    assert set(Box.objects.values_list("tracking_number", flat=True)) == {UPS}

    later = share(
        shipment(scene.firm, {"CUP": 1}), scene.factory, connection=scene.share.connection
    )
    packed(later)
    type(later).objects.filter(pk=later.pk).update(status="labels_ready", confirmed_at=clock.now())
    [box] = later.boxes.all()
    again = scene.client.post(share_page(later, "share-tracking"), {f"box-{box.public_id}": UPS})
    assert again.status_code == 422
    assert scene.shipment.shipment_id in again.content.decode()


def test_other_suppliers_numbers_are_not_told(scene):
    """Whoever enters a number does not learn that another supplier has it."""
    other = share(scene.shipment, supplier()[0], "packing")
    packed(other)
    Box.objects.update(tracking_number=UPS)
    scene.add({"MUG": 12, "BOWL": 8})
    type(scene.share).objects.filter(pk=scene.share.pk).update(
        status="contents_confirmed", confirmed_at=clock.now()
    )
    [box] = scene.share.boxes.all()
    assert scene.post("share-tracking", {f"box-{box.public_id}": UPS}).status_code == 302


def test_numbers_of_what_has_left_are_corrected_and_never_emptied(scene):
    """U35: the boxes are on their way; who emptied the field would lose them."""
    scene.add({"MUG": 12, "BOWL": 8})
    scene.post("share-confirm")
    scene.post("share-labels")
    field = f"box-{Box.objects.get().public_id}"
    scene.post("share-tracking", {field: UPS})
    scene.post("share-tracking", {field: ""})
    assert Box.objects.get().tracking_number == ""
    scene.post("share-tracking", {field: UPS})
    assert scene.post("share-shipped").status_code == 302
    with nothing_changes():
        for blank in ("", "   ", "\u2060"):
            answer = scene.post("share-tracking", {field: blank})
            assert answer.status_code == 422
            assert "not remove it" in answer.content.decode()
    assert scene.post("share-tracking", {field: UPS_2}).status_code == 302
    assert Box.objects.get().tracking_number == UPS_2


def test_freight_numbers_of_what_has_left_are_never_emptied():
    scene = Scene(mode="LTL", MUG=4)
    packed(scene.share)
    scene.post("share-confirm")
    scene.post("share-labels")
    scene.post("share-tracking", {"pro_number": "PRO-1", "bol_number": "BOL-1"})
    scene.post("share-shipped")
    with nothing_changes():
        for left in ({"pro_number": "PRO-1"}, {"bol_number": "BOL-1"}):
            assert scene.post("share-tracking", left).status_code == 422
    sent = {"pro_number": "PRO-2", "bol_number": "BOL-1"}
    assert scene.post("share-tracking", sent).status_code == 302
    scene.share.refresh_from_db()
    assert scene.share.pro_number == "PRO-2"


def test_several_carriers_of_a_number_are_told(scene):
    scene.add({"MUG": 12, "BOWL": 8})
    scene.post("share-confirm")
    scene.post("share-tracking", {f"box-{Box.objects.get().public_id}": "320610804900"})
    assert "FedEx or Purolator" in scene.get().content.decode()


def test_what_is_copied_from_a_mail_is_read(scene):
    """Joiners that nobody sees stand between the digits; a number of ours has them, too."""
    scene.add({"MUG": 12, "BOWL": 8})
    scene.post("share-confirm")
    first = f"box-{Box.objects.get().public_id}"
    scene.post("share-tracking", {first: "", "pasted": "\u2060".join(UPS) + "\u200b"})
    assert Box.objects.get().tracking_number == UPS


def test_weights_and_sides_in_any_country_s_spelling(scene):
    response = scene.add({"MUG": 6}, weight="1,200")
    assert response.status_code == 422
    assert "“1,200” can mean 1200 or 1.2" in html.unescape(response.content.decode())
    scene.add({"MUG": 6, "BOWL": 4}, weight="10,5", length="12,0", width="9.5", height="1 0")
    assert not Box.objects.exists()
    scene.add({"MUG": 6, "BOWL": 4}, weight="10,5", length="12,0", width="9.5", height="10")
    box = Box.objects.get()
    assert (from_grams(box.weight_g, "LB"), from_millimetres(box.width_mm, "IN")) == (
        Decimal("10.50"),
        Decimal("9.50"),
    )


def test_pallets_take_freight_numbers():
    """U35: PRO or bill of lading, checked; one is enough, none is not."""
    scene = Scene(mode="LTL", MUG=4)
    packed(scene.share)
    scene.post("share-confirm")
    scene.post("share-labels")
    assert scene.post("share-shipped").status_code == 422
    with nothing_changes():
        assert scene.post("share-tracking", {"pro_number": "", "bol_number": ""}).status_code == 422
        assert scene.post("share-tracking", {"pro_number": "!!"}).status_code == 422
    assert scene.post("share-tracking", {"pro_number": "123 456-7"}).status_code == 302
    scene.share.refresh_from_db()
    assert scene.share.pro_number == "123456-7"
    assert scene.post("share-shipped").status_code == 302
    [letter] = [letter for letter in drain() if "shipped" in letter.subject]
    assert "123456-7" in letter.body.replace("\N{WORD JOINER}", "")


# Declining -------------------------------------------------------------------------------------
def test_decline_tells_the_seller_why(scene):
    """The share is gone for the supplier; the seller reads the reason."""
    assert scene.post("share-decline", {"reason": "No capacity"}).status_code == 302
    assert scene.state() == ("declined", "working")
    assert scene.get().status_code == 410
    [letter] = drain()
    assert letter.to == [scene.boss.email]
    assert "No capacity" in letter.body
    assert (
        "No capacity" in signed_in(scene.boss).get(shipment_page(scene.shipment)).content.decode()
    )


def test_a_shipped_share_is_neither_declined_nor_reopened_nor_packed(scene):
    """N16: no arrow leads back."""
    Share.objects.update(status="shipped", confirmed_at=clock.now(), shipped_at=clock.now())
    box(scene.share, {"MUG": 1})
    with nothing_changes():
        for name in (
            "share-decline",
            "share-reopen",
            "share-start",
            "share-confirm",
            "share-shipped",
        ):
            assert scene.post(name).status_code == 409, name
        assert scene.add({"MUG": 1}).status_code == 409
        assert scene.post("share-remove", {"box": []}).status_code == 409


def test_hostile_words_stay_words(scene):
    """B5, I14: markup in names and notes is shown as text, in pages, mails and PDF."""
    evil = "<script>alert(1)</script> {{7*7}}"
    Share.objects.update(note=evil)
    scene.shipment.name = evil
    scene.shipment.save()
    packed(scene.share)
    page = scene.get().content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    scene.post("share-confirm")
    scene.post("share-labels")
    assert scene.post("share-labels-pdf", {"sheet": SheetSize.A4_4}).status_code == 200
    for letter in drain():
        assert "<script>alert" not in letter.alternatives[0][0]
