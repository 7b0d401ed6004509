from django.apps import AppConfig


class ChoresConfig(AppConfig):
    name = "core.failures"
    label = "chores"
    verbose_name = "Scheduler"
