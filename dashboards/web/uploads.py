"""A form with a file (`multipart/form-data`), taken apart while it arrives; never more than is allowed, nor of too many at once."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, HTTPException
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

FILE_BYTES: Final = "file_bytes"
FILE_ROLES: Final = "file_roles"
"""Of a route that takes a file: the roles of which its sender has one, told before so much is read."""
"""What a route says in its `opt` of how large a file may be."""
_FIELDS_BYTES_MAX: Final = 1 << 20
"""All fields together: a mapping of one's own is among them."""
_PARTS_MAX: Final = 60
AT_ONCE: Final = 2
"""Files that arrive at once; further ones wait."""


class TooLarge(HTTPException):
    """More than a form may have."""

    status_code = 413


class NoForm(HTTPException):
    """Another kind of body."""

    status_code = 415


class SentFile(msgspec.Struct, frozen=True):
    """A file as a browser sends it."""

    name: str
    content: bytes


async def form_with_file(
    request: Request[Any, Any, Any], most: int, turns: asyncio.Semaphore, *, keep: bool
) -> tuple[dict[str, str], SentFile | None]:
    """The fields, and the file if one was chosen: its name alone where it is not to be kept.

    Raises TooLarge, NoForm, or ClientException where it is damaged.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or "boundary" not in options:
        raise NoForm(detail="send multipart/form-data")
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > most + _FIELDS_BYTES_MAX:
        raise TooLarge(detail=f"a file may have {most >> 20} MB here")
    async with turns:
        return await _taken_apart(request, options["boundary"], most, keep=keep)


async def _taken_apart(
    request: Request[Any, Any, Any], boundary: str, most: int, *, keep: bool
) -> tuple[dict[str, str], SentFile | None]:
    fields: dict[str, str] = {}
    file: SentFile | None = None
    part, data, size = None, bytearray(), 0
    try:
        with PushMultipartParser(boundary, max_segment_count=_PARTS_MAX) as parser:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most + _FIELDS_BYTES_MAX:
                    raise TooLarge(detail=f"a file may have {most >> 20} MB here")
                for found in parser.parse(chunk):
                    if isinstance(found, MultipartSegment):
                        part, data = found, bytearray()
                    elif found is not None:
                        is_file = part is not None and part.filename is not None
                        if keep or not is_file:
                            data += found
                        if not is_file and len(data) > _FIELDS_BYTES_MAX:
                            raise TooLarge(detail=f"a field may have {_FIELDS_BYTES_MAX >> 10} KB here")
                    elif part is not None and part.filename is not None:
                        file = SentFile(_plain_name(part.filename), bytes(data)) if data or part.filename else file
                    elif part is not None:
                        fields[part.name] = data.decode("utf-8", "replace").replace("\r\n", "\n")
                if parser.closed:
                    break
    except MultipartError as error:
        raise ClientException(detail=f"the form is damaged: {error}") from None
    return fields, file


def _plain_name(text: str) -> str:
    """A file's own name, without the folders that some browsers send, on one line."""
    name = text.replace("\\", "/").rpartition("/")[2]
    return "".join(each if each.isprintable() else " " for each in name).strip()[:128] or "file"
