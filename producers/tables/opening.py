"""What a table file is, before anything reads it: a folder, empty, encrypted, too large or a bomb is refused here."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Final, Literal, TypeAlias

from producers.imported import ImportProblem
from producers.tables.sentences import sentence

FileKind: TypeAlias = Literal["csv", "xlsx", "xls", "ods"]
FILE_BYTES_MAX: Final = 150 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 1024 * 1024 * 1024
"""A sheet of 300,000 rows by 20 columns unpacks to about a third of it."""
_CHUNK: Final = 1024 * 1024
_ENDLESS: Final = 1 << 62
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_ODS_TYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_HIDDEN_ODS: Final = re.compile(rb'<table:table-row[^>]*table:visibility="(?:collapse|filter)"')


def content_of(path: Path) -> tuple[bytes, FileKind]:
    """A file's bytes and what kind of table it is. Raises ImportProblem for what nobody should try to read."""
    if path.is_dir():
        raise ImportProblem(sentence("is a folder; name one file in it"), file=str(path))
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ImportProblem(
                sentence("has more than {} MB; split it, or save it as CSV", FILE_BYTES_MAX >> 20), file=path.name
            )
        content = path.read_bytes()
    except OSError as error:
        raise ImportProblem(
            sentence("cannot be read ({}); check the path and the rights", error.strerror), file=str(path)
        ) from None
    return content, kind_of(content, path.name)


def kind_of(content: bytes, file: str) -> FileKind:
    """What kind of table bytes are, whatever the file is called."""
    if len(content) > FILE_BYTES_MAX:
        raise ImportProblem(
            sentence("has more than {} MB; split it, or save it as CSV", FILE_BYTES_MAX >> 20), file=file
        )
    if not content.strip():
        raise ImportProblem(sentence("is empty"), file=file)
    if content.startswith(_OLE):
        if _ENCRYPTED_PACKAGE in content:
            raise ImportProblem(sentence("is encrypted; save it without a password"), file=file)
        return "xls"
    if content.startswith(b"PK\x03\x04"):
        return _archive(content, file)
    if b"\x00" in content[:4096] and not content.startswith(_UTF16):
        raise ImportProblem(sentence("is no table: neither CSV nor a workbook (xlsx, xls, ods)"), file=file)
    return "csv"


def _archive(content: bytes, file: str) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise ImportProblem(sentence("is encrypted; save it without a password"), file=file)
            _measure(archive, members, file)
            names = {member.filename for member in members}
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "content.xml" in names and archive.read("mimetype").startswith(_ODS_TYPE):
                if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                    raise ImportProblem(sentence("is encrypted; save it without a password"), file=file)
                if _HIDDEN_ODS.search(archive.read("content.xml")):
                    raise ImportProblem(sentence("has hidden or filtered rows; show them, or delete them"), file=file)
                return "ods"
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError):
        raise ImportProblem(sentence("is damaged; open it in a spreadsheet and save it again"), file=file) from None
    raise ImportProblem(sentence("is a zip file, and no workbook (xlsx, ods); unpack it first"), file=file)


def _measure(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], file: str) -> None:
    """Unpack everything once, without keeping it, as far as is allowed: what an archive says of its sizes may be a lie."""
    left = UNPACKED_BYTES_MAX
    for member in members:
        stated = member.file_size
        member.file_size = _ENDLESS  # else Python stops where the archive says that it ends
        try:
            with archive.open(member) as opened:
                while chunk := opened.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise ImportProblem(
                            sentence(
                                "unpacks to more than {} GB: no table of a city; it is not opened",
                                UNPACKED_BYTES_MAX >> 30,
                            ),
                            file=file,
                        )
        finally:
            member.file_size = stated
