"""Pictures a template can place, from a path, bytes or an open file; python-docx reads their sizes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from docgen.errors import DataError, Problem
from docgen.template.marks import Site
from docgen.template.rich import Host, Rich, current_render
from docgen.template.xml_text import escape_attribute
from foundation.language import _

EMU_PER_MM = 36_000


@dataclass(frozen=True, slots=True)
class Image(Rich):
    """A picture, in line with the text. Sizes in EMU; what is not given follows from the other or the file."""

    data: bytes = field(repr=False)
    extension: str
    width: int
    height: int
    description: str = ""

    @classmethod
    def of(
        cls,
        source: str | os.PathLike[str] | bytes | IO[bytes] | Image,
        *,
        width_mm: float | None = None,
        height_mm: float | None = None,
        description: str = "",
    ) -> Image:
        """A picture from a path, its bytes or an open file (PNG, JPEG, GIF, BMP, TIFF).

        Raises DataError when it cannot be read or is none of these.
        """
        if isinstance(source, Image):
            return source.sized(width_mm, height_mm)
        data, name = _bytes_of(source)
        # heavy, and few documents have pictures
        from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
        from docx.image.image import Image as Header

        try:
            header = Header.from_blob(data)
            width, height = int(header.width), int(header.height)
        except (UnrecognizedImageError, InvalidImageStreamError, UnexpectedEndOfFileError, ZeroDivisionError, OSError):
            message = _("the file is not a picture Word can show")
            raise DataError(Problem(name, message, _("Use a PNG or JPEG file."), "image.unreadable")) from None
        return cls(data, header.ext, width, height, description).sized(width_mm, height_mm)

    def sized(self, width_mm: float | None, height_mm: float | None) -> Image:
        """The picture in that size; what is not given follows in proportion."""
        if width_mm is None and height_mm is None:
            return self
        width, height = (None if mm is None else round(mm * EMU_PER_MM) for mm in (width_mm, height_mm))
        if width is None:
            width = round(self.width * (height or 0) / max(1, self.height))
        if height is None:
            height = round(self.height * width / max(1, self.width))
        return replace(self, width=max(1, width), height=max(1, height))

    def plain(self) -> str:
        return self.description

    def runs(self, host: Host, site: Site) -> str:
        rid, number = host.picture(self.data, self.extension), host.drawing_id()
        text = escape_attribute(self.description)
        return (
            f"<w:r>{site.rpr}<w:drawing>"
            '<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
            ' distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{self.width}" cy="{self.height}"/>'
            f'<wp:docPr id="{number}" name="Picture {number}" descr="{text}"/>'
            '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
            '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
            f'<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}"/><pic:cNvPicPr/></pic:nvPicPr>'
            '<pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
            f' r:embed="{rid}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{self.width}" cy="{self.height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
            "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )


def _bytes_of(source: str | os.PathLike[str] | bytes | IO[bytes]) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, _("picture")
    if not isinstance(source, str | os.PathLike):
        return source.read() if hasattr(source, "read") else b"", _("picture")
    try:
        return Path(source).read_bytes(), Path(source).name
    except OSError as exc:
        message = _("the picture cannot be read: {detail}").format(detail=exc.strerror or exc)
        raise DataError(Problem(str(source), message, _("Check the path."), "image.missing")) from exc


def readable(value: Any, width_mm: float | None = None, height_mm: float | None = None) -> Image | None:
    """``value`` as a picture; in a render one that cannot be read is a problem at the tag, and the render goes on."""
    try:
        return Image.of(value, width_mm=width_mm, height_mm=height_mm)
    except DataError as exc:
        host = current_render.get()
        if host is None:
            raise
        for problem in exc.problems:
            host.report(f"{problem.where}：{problem.message}", problem.hint, problem.code)
        return None
