from django.apps import AppConfig


class PortalsConfig(AppConfig):
    name = "partnerhub.portals"
    label = "portals"

    def ready(self) -> None:
        from core import hooks
        from partnerhub import samples

        hooks.mail_sample.fill(samples.render)
