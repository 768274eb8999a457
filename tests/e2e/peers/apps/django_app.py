"""Django's development server over a directory."""

import sys

from django.conf import settings

site, port = sys.argv[1], sys.argv[2]
settings.configure(
    DEBUG=False, SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], INSTALLED_APPS=[]
)

from django.core.management import execute_from_command_line  # noqa: E402
from django.urls import re_path  # noqa: E402
from django.views.static import serve  # noqa: E402

urlpatterns = [
    re_path(r"^$", serve, {"document_root": site, "path": "index.html"}),
    re_path(r"^(?P<path>.*)$", serve, {"document_root": site}),
]
execute_from_command_line(["manage", "runserver", "--noreload", "-v0", "127.0.0.1:" + port])
