"""The review page and the documentation: files of this package, so that both work without a network."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from daemon.errors import Rejected

WEB = Path(__file__).parents[2] / "web"

_DOCS = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>sidestick: HTTP API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/vendor/swagger-ui/swagger-ui.css"></head>
<body><div id="api"></div>
<script src="/static/vendor/swagger-ui/swagger-ui-bundle.js"></script>
<script type="module" src="/static/js/docs.js"></script></body>
</html>
"""

_NOTHING_HERE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Nothing here · sidestick</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<script src="/static/js/initial_theme.js"></script>
<link rel="stylesheet" href="/static/css/base.css"><link rel="stylesheet" href="/static/css/page.css"></head>
<body><main class="nothing-here"><h1>There is nothing at this address.</h1>
<p><a href="/">Your songs</a> are one click away. What programs can ask for is at <a href="/docs">/docs</a>.</p>
</main></body>
</html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/")
def page() -> Response:
    index = WEB / "index.html"
    if not index.is_file():
        raise Rejected("missing_page", "This sidestick was installed without its page. The API is described at /docs.")
    return FileResponse(index, headers={"Cache-Control": "no-cache"})


@router.get("/docs")
def docs() -> HTMLResponse:
    return HTMLResponse(_DOCS)


def answer_unknown(accept: str) -> HTMLResponse | None:
    """A page for who wants one, and browsers say so; None for programs."""
    return HTMLResponse(_NOTHING_HERE, 404) if "text/html" in accept else None


@router.get("/favicon.ico")
def icon() -> Response:
    found = WEB / "favicon.svg"
    return FileResponse(found) if found.is_file() else Response(status_code=204)


class UncachedFiles(StaticFiles):
    """Files that a browser asks for again each time, so that an updated sidestick has no old page."""

    def file_response(self, *args: object, **more: object) -> Response:
        response = super().file_response(*args, **more)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def install_page(app: FastAPI) -> None:
    app.include_router(router)
    if WEB.is_dir():
        app.mount("/static", UncachedFiles(directory=WEB), name="static")
