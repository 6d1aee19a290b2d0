"""Resumable uploads: tus 1.0.0 with the creation extension (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
from collections.abc import Callable, MutableMapping
from urllib.parse import urljoin, urlsplit

from offline_queue.answers import Answer, Call, refusal
from offline_queue.gateway import Busy, SubmitError, Unreachable

# tuspy was tried on paper and left: its requests have no time-out, open a connection a chunk, take no CA file for
# PATCH, follow redirects, obey proxies of the environment even for loopback, and quote the server's body in errors.

CHUNK_BYTES = 512 * 1024
LEAST_CHUNK_BYTES = 64 * 1024  # what a server has not finished taking it may throw away when the line breaks
MOST_STALLS = 2  # in a row; the next attempt resumes all the same
MOST_CREATIONS = 2  # an attempt; a server that forgets again and again is broken
MOST_DIGITS = 20  # of an offset
LOCKED_SECONDS = 5.0  # an earlier request of ours still holds the upload: servers let go within seconds
VERSION = {"Tus-Resumable": "1.0.0"}


class TusUpload:
    """One file on its way to `files_url`; `uploads[key]` remembers its address over restarts.

    `metadata` values are plain text; `read` gives the file's `size` bytes and is called once, only when needed.
    """

    def __init__(
        self,
        call: Call,
        files_url: str,
        uploads: MutableMapping[tuple[str, str], str],
        key: tuple[str, str],
        size: int,
        metadata: dict[str, str],
        read: Callable[[], bytes],
    ) -> None:
        self._call = call
        self._files_url = files_url
        self._uploads = uploads
        self._key = key
        self._size = size
        self._metadata = metadata
        self._read = read
        self._data: bytes | None = None
        self._creations = 0
        self._chunk = CHUNK_BYTES
        # kept for the whole attempt: another sender may forget the address meanwhile, as it has delivered the entry
        self._url = uploads.get(key)

    def run(self) -> str:
        """Send what the server does not have yet; the upload's address. Raises a `SubmitError`."""
        offset: int | None = None
        reached = -1
        stalls = 0
        while offset is None or offset < self._size:
            try:
                offset = self._where() if offset is None else self._append(offset)
            except Unreachable:
                if stalls >= MOST_STALLS:
                    raise
                offset = None
                self._chunk = max(self._chunk // 2, LEAST_CHUNK_BYTES)
            if offset is None:
                stalls += 1
            elif offset > reached:
                reached, stalls = offset, 0
            if stalls > MOST_STALLS:
                raise Unreachable("the upload does not move")
        assert self._url is not None
        return self._url

    def _where(self) -> int | None:
        """The server's offset, of a new upload when it knows none; None when it must be asked for."""
        if self._url is None:
            return self._create()
        answer = self._call("HEAD", self._url, headers=VERSION)
        # a web page's 404 is not believed: with another address in it a dossier that is on its way would be another one
        if answer.status in (404, 410) and not answer.is_html:
            return self._create()
        if answer.status not in (200, 204):
            raise _refusal(answer)
        if answer.headers.get("upload-length", str(self._size)) != str(self._size):
            return self._create()
        return self._offset(answer)

    def _create(self) -> int | None:
        if self._creations == MOST_CREATIONS:
            raise Unreachable("the server forgets uploads")
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in self._metadata.items())
        headers = {**VERSION, "Upload-Length": str(self._size), "Upload-Metadata": metadata}
        answer = self._call("POST", self._files_url, headers=headers, data=b"")
        if answer.status != 201:
            raise _refusal(answer)
        self._creations += 1
        return self._remember(self._own_address(answer.headers.get("location", "")))

    def _remember(self, url: str) -> int | None:
        """Keep the address, or take the one that another sender has kept meanwhile: both send the same dossier."""
        if self._url is not None and self._uploads.get(self._key) == self._url:
            self._uploads.pop(self._key, None)
        self._url = self._uploads.setdefault(self._key, url)
        return 0 if self._url == url else None

    def _append(self, offset: int) -> int | None:
        """Send the next chunk; the new offset, or None when it must be asked for."""
        if self._data is None:
            self._data = self._read()
        headers = {**VERSION, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        chunk = self._data[offset : offset + self._chunk]
        assert self._url is not None
        answer = self._call("PATCH", self._url, headers=headers, data=chunk)
        if answer.status in (404, 409, 410):
            return None
        if answer.status not in (200, 204):
            raise _refusal(answer)
        return self._offset(answer)

    def _offset(self, answer: Answer) -> int:
        text = answer.headers.get("upload-offset", "")
        # bounded in length first: Python refuses to make a number of thousands of digits
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) <= self._size):
            raise Unreachable(f"HTTP {answer.status} without an offset")
        return int(text)

    def _own_address(self, location: str) -> str:
        """The upload's address at the province: scans and token go to no other host, whatever an answer says."""
        base = urlsplit(self._files_url)
        try:
            target = urlsplit(urljoin(self._files_url, location))
        except ValueError:
            raise Unreachable("upload at no address") from None
        if not location or target.hostname != base.hostname:
            raise Unreachable("upload at a foreign address")
        # behind a proxy servers often name their inner scheme and port: ours are the ones that work
        return target._replace(scheme=base.scheme, netloc=base.netloc, fragment="").geturl()


def _refusal(answer: Answer) -> SubmitError:
    if answer.status == 423:
        return Busy(LOCKED_SECONDS, "upload locked")
    if answer.status == 412:
        return Unreachable("another version of tus")
    return refusal(answer)
