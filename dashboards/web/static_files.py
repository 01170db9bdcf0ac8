"""Our own script and style, and plotly's packaged script: a fixed set of files, read once, never a path from outside."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from dashboards.web.access import PUBLIC

FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PLOTLY: Final = "plotly.min.js"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class StaticFile(msgspec.Struct, frozen=True):
    """A file as it is sent: its bytes, the same compressed, and a digest that its address carries."""

    content: bytes
    compressed: bytes
    media_type: str
    digest: str


@cache
def files() -> Mapping[str, StaticFile]:
    """Every file, by name."""
    found = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _TYPES}
    found[PLOTLY] = (resources.files("plotly") / "package_data" / PLOTLY).read_bytes()
    return {
        name: StaticFile(
            content,
            gzip.compress(content, 6, mtime=0),
            _TYPES[Path(name).suffix],
            hashlib.sha256(content).hexdigest()[:12],
        )
        for name, content in found.items()
    }


def address(name: str) -> str:
    """The address of a file; it changes with the file."""
    return f"/static/{name}?v={files()[name].digest}"


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=True, opt=PUBLIC)
def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """Send one of the files."""
    found = files().get(name)
    if found is None:
        raise NotFoundException(f"no file {name}")
    headers = {
        "Cache-Control": _FOR_EVER if request.query_params.get("v") == found.digest else "no-cache",
        "ETag": f'"{found.digest}"',
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)
