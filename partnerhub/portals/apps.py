from django.apps import AppConfig


class PortalsConfig(AppConfig):
    name = "partnerhub.portals"
    label = "portals"
