from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "core.submissions"
    label = "submissions"
    verbose_name = "Forms that were sent"
