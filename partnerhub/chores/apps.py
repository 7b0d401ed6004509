from django.apps import AppConfig


class ChoresConfig(AppConfig):
    name = "partnerhub.chores"
    label = "chores"
    verbose_name = "Scheduler"
