"""How every form looks: one renderer gives all of them, the sign-in library's too, our classes."""

from typing import Any

from django.forms import BoundField, Widget, widgets
from django.forms.renderers import TemplatesSetting

_CLASSES: tuple[tuple[type[Widget], str], ...] = (
    (widgets.CheckboxInput, "form-check-input"),
    (widgets.ChoiceWidget, "form-select"),
    (widgets.SelectDateWidget, "form-select"),
    (widgets.Input, "form-control"),
    (widgets.Textarea, "form-control"),
)
# Their inputs carry the class in the template; the group itself is no control.
_GROUPS = (widgets.RadioSelect, widgets.CheckboxSelectMultiple)


_COMPLETED = (
    widgets.TextInput, widgets.EmailInput, widgets.Textarea, widgets.Select, widgets.DateInput
)  # fmt: skip


def _class_of(widget: Widget) -> str:
    if widget.is_hidden or isinstance(widget, _GROUPS):
        return ""
    return next((name for kind, name in _CLASSES if isinstance(widget, kind)), "")


class PortalBoundField(BoundField):
    """A field whose control carries the look's class and, when refused, `is-invalid`."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        names = [widget.attrs.get("class", ""), _class_of(widget)]
        if names[1] and self.errors:
            names.append("is-invalid")
        if "style" in widget.attrs:
            # The content policy refuses style attributes; False leaves it out.
            attrs["style"] = False
        if "autocomplete" not in widget.attrs and isinstance(widget, _COMPLETED):
            # A browser fills in what belongs to its owner, also where somebody else is asked for.
            attrs.setdefault("autocomplete", "off")
        if classes := " ".join(filter(None, names)):
            attrs["class"] = classes
        return attrs


class PortalFormRenderer(TemplatesSetting):
    """Forms from the project's templates: `{{ form }}` is summary, fields, help and errors."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = PortalBoundField
