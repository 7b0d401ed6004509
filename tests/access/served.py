"""Settings of the web processes that tests start: database connections are kept, as in production.

A kept connection keeps the plans of its functions: what they answer must still be the newest.
"""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
