from django.apps import AppConfig


class PortalsConfig(AppConfig):
    name = "partnerhub.portals"
    label = "portals"

    def ready(self) -> None:
        """Show the desk what each mail looks like."""
        from core import hooks
        from partnerhub import samples

        hooks.mail_sample.fill(samples.render)
