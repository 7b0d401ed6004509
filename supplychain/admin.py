"""Shipments on the desk, for staff with permissions of their own: reviewers do not see them."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.reads.searches import MOST, organizations_called
from core.db import matching
from core.web.desk_pages import ChoiceFilter, DeskAdmin
from core.web.formats import short_day
from core.web.forms import apply, posted, status_of
from supplychain.forms.carriers import ReportForm
from supplychain.models import Shipment
from supplychain.permissions import MOVE_SHIPMENT
from supplychain.reads import history
from supplychain.states import UNDERWAY_SHIPMENT, ShipmentStatus
from supplychain.transitions.carriers import move_by_carrier, next_step


class StatusFilter(ChoiceFilter):
    title = "state"
    parameter_name = "status"
    options = ShipmentStatus.choices


@admin.register(Shipment)
class ShipmentAdmin(DeskAdmin):
    list_display = ("shipment_id", "name", "seller", "center_code", "state", "created_at")
    list_filter = (StatusFilter,)
    list_select_related = ("seller",)
    ordering: ClassVar = ("-id",)
    search_fields = ("shipment_id",)
    search_help_text = "Shipment id or name, or the seller"

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        named = list(matching(rows, term).order_by().values_list("pk", flat=True)[:MOST])
        return rows.filter(Q(pk__in=named) | Q(seller__in=organizations_called(term)))

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        return [("<int:pk>/change/", self.page, "change")]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        shipment = self.find(request, pk, Shipment.objects.select_related("seller"))
        may_report = request.user.has_perm(MOVE_SHIPMENT) and shipment.status in UNDERWAY_SHIPMENT
        step = next_step(shipment) or shipment.status
        form = ReportForm(posted(request), shipment=shipment, initial={"step": step})
        if form.is_valid():
            report = {"step": form.cleaned_data["step"], "received": form.received()}
            if apply(form, lambda: move_by_carrier(by=request.user, shipment=shipment, **report)):
                messages.success(request, f"{shipment.shipment_id}: reported.")
                return redirect("admin:supplychain_shipment_change", pk)
        return self.desk_page(
            request,
            "page",
            shipment.shipment_id,
            status=status_of(form),
            shipment=shipment,
            form=form if may_report else None,
            facts=[
                ("Name", shipment.name),
                ("Seller", shipment.seller.name),
                ("Fulfilment centre", shipment.center_code),
                ("How it travels", shipment.get_mode_display()),
                ("Ship date", short_day(shipment.ship_date)),
            ],
            items=list(shipment.items.all()[:500]),
            events=history.for_seller(shipment, request),
        )
