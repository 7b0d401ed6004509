"""The supplier's side: what is shared is seen, while it is shared and they are connected (N4)."""

from django.urls import reverse
from hypothesis.stateful import rule

from supplychain.models import Share, Shipment, SupplierConnection
from tests.factories import supplychain as ship
from tests.stateful.base import SUPPLIER_PEOPLE, sellers, suppliers
from tests.stateful.people import People
from tests.support import nothing_changes


class Supplying(People):
    """Rules about suppliers, on top of those about people."""

    @rule(seller=sellers)
    def prepare(self, seller):
        """One more shipment: whoever lost the right before never sees it (N26). The seller looks at
        the list, and sees nobody else's (N6).
        """
        shop = self.firms[seller]
        ship.shipment(shop, name=self.markers[seller])
        listed = self._send(self.boss_of(seller), "get", "seller:shipments", [shop.handle])
        if seller in self.oracle.active_firms:
            assert self.markers[seller] in listed.text

    @rule(seller=sellers, supplier=suppliers)
    def share(self, seller, supplier):
        """The seller shares its newest shipment with a supplier it is connected with."""
        if seller not in self.oracle.active_firms:
            return
        shop, row = self.firms[seller], self._newest(seller)
        connection = self._supplied(seller, supplier)
        if connection is None:
            return
        data = {"suppliers": f"c:{connection.public_id}", "note": ""}
        boss = self.boss_of(seller)
        answer = self._post(boss, "seller:shipment-share", [shop.handle, row.public_id], data)
        share = (str(row.public_id), seller, supplier)
        # Whoever has it already is not offered a second time.
        known = answer.status_code == 422 and share in self.oracle.shared
        assert answer.status_code == 302 or known, answer.status_code
        self.oracle.shared.add(share)

    @rule(seller=sellers, supplier=suppliers)
    def recall(self, seller, supplier):
        """The seller takes the newest share back; twice is once (N29)."""
        share = self._live_share(seller, supplier)
        if share is None or seller not in self.oracle.active_firms:
            return
        where = [self.firms[seller].handle, share.shipment.public_id, share.public_id]
        boss = self.boss_of(seller)
        self._post(boss, "seller:share-recall", where, {"reason": "x"})
        self.oracle.shared.discard((str(share.shipment.public_id), seller, supplier))
        with nothing_changes():
            again = self._post(boss, "seller:share-recall", where, {"reason": "x"})
            assert again.status_code in (302, 404, 409, 410), again.status_code
        self.unpack(supplier)

    @rule(seller=sellers, supplier=suppliers)
    def part(self, seller, supplier):
        """The supplier ends it: what was shared is gone at once, and does not come back."""
        row = self._supplied(seller, supplier)
        if row is None:
            # A new start, after which nothing of the old one shows.
            if seller in self.oracle.active_firms:
                ship.connected(self.firms[seller], self.firms[supplier])
                self.oracle.supplied.add((seller, supplier))
            return
        name = next(key for key, firm in SUPPLIER_PEOPLE.items() if firm == supplier)
        where = [self.firms[supplier].handle, row.public_id]
        self._post(self.users[name], "supply:seller-remove", where)
        self.oracle.supplied.discard((seller, supplier))
        self.oracle.shared = {each for each in self.oracle.shared if each[1:] != (seller, supplier)}
        with nothing_changes():
            self._post(self.users[name], "supply:seller-remove", where)

    @rule(supplier=suppliers)
    def unpack(self, supplier):
        """N4, N7: the list and the single pages show exactly what is shared now."""
        name = next(key for key, firm in SUPPLIER_PEOPLE.items() if firm == supplier)
        client, handle = self.sessions[name], self.firms[supplier].handle
        listed = client.get(reverse("supply:shares", args=[handle]))
        assert listed.status_code == 200
        self.read(self.users[name], listed)
        for share in Share.objects.select_related("shipment__seller", "connection__supplier"):
            key = self.firm_of(share.shipment.seller_id)
            mine = share.connection.supplier_id == self.firms[supplier].pk
            shared = (str(share.shipment.public_id), key, supplier) in self.oracle.shared
            live = mine and shared and share.pk == self._latest(share)
            page = client.get(reverse("supply:share", args=[handle, share.public_id]))
            # Whoever had it reads that it was taken back; nobody else learns that it was there.
            ended = mine and share.status in ("recalled", "declined", "void")
            gone = 410 if ended else 404
            assert page.status_code == (200 if live else gone), share.status
            assert (str(share.public_id) in listed.text) == live

    def _latest(self, share):
        rows = Share.objects.filter(shipment=share.shipment, connection__supplier=share.supplier_id)
        return rows.order_by("-pk").values_list("pk", flat=True)[0]

    def _newest(self, seller):
        return Shipment.objects.filter(seller=self.firms[seller]).order_by("-pk")[0]

    def _supplied(self, seller, supplier):
        pair = {"seller": self.firms[seller], "supplier": self.firms[supplier]}
        return SupplierConnection.objects.filter(status="active", **pair).first()

    def _live_share(self, seller, supplier):
        rows = Share.objects.filter(
            shipment__seller=self.firms[seller],
            connection__supplier=self.firms[supplier],
            status__in=("shared", "viewed"),
        )
        return rows.select_related("shipment").order_by("-pk").first()
