"""What can happen to one request and its reply; by name, each True when the connection goes on after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.queue.wire import LENGTH, Exchange, Line

Fault = Callable[[Exchange], Awaitable[bool]]
PORTAL = b"<!doctype html><html><title>Wi-Fi</title><body><form action='/login'>Welcome! Please sign in.</form></html>"
HTML = "Content-Type: text/html; charset=utf-8"


async def refuse(one: Exchange) -> bool:
    """The line breaks and nobody listens for a while."""
    await one.line.proxy.refuse_for(one.pace.refuse)
    one.line.cut(reset=True)
    return False


async def drop_before(one: Exchange) -> bool:
    """FIN before the province hears of it."""
    return False


async def reset_before(one: Exchange) -> bool:
    """RST before the province hears of it."""
    one.line.cut(reset=True)
    return False


async def drop_in_request(one: Exchange) -> bool:
    """Half of the request gets through, then the line breaks on both sides."""
    if not one.length:
        await one.send(one.head[: len(one.head) // 2])
    else:
        await one.send(one.head)
        one.left -= one.length - one.length // 2
        await one.send(await one.swallow())
    one.line.cut(reset=True)
    await one.let_province_read()
    return False


async def lose_reply(one: Exchange) -> bool:
    """The province has done it, the reply never arrives: FIN."""
    await one.ask()
    return False


async def reset_reply(one: Exchange) -> bool:
    """The province has done it, the reply never arrives: RST."""
    await one.ask()
    one.line.cut(reset=True)
    return False


async def break_both(one: Exchange) -> bool:
    """The whole request is sent, then both sides break: nobody knows whether the province has done it."""
    await one.send(one.head + await one.swallow())
    return False


async def drop_in_head(one: Exchange) -> bool:
    """The reply ends in the middle of its head."""
    reply = await one.ask()
    await one.answer(reply[: reply.index(b"\r\n") + 5])
    return False


async def truncate(one: Exchange) -> bool:
    """The reply ends in the middle of its body, or just before it."""
    reply = await one.ask()
    head, _, body = reply.partition(b"\r\n\r\n")
    await one.answer(head + (b"\r\n\r\n" + body[: len(body) // 2] if body else b"\r"))
    return False


async def drop_after(one: Exchange) -> bool:
    """The reply arrives, and the line breaks while nothing goes over it."""
    await one.pass_on()
    return False


async def silent(one: Exchange) -> bool:
    """Half-open: reads and never answers; the province hears nothing of it."""
    return await one.until_it_hangs_up()


async def mute(one: Exchange) -> bool:
    """The province has done it, and the line is silent from then on."""
    await one.ask()
    return await one.until_it_hangs_up()


async def vanish(one: Exchange) -> bool:
    """The peer is gone without a FIN: nothing is read any more, nothing comes."""
    await asyncio.sleep(one.pace.late)
    one.line.cut(reset=True)
    return False


async def late_request(one: Exchange) -> bool:
    """The request lies about; when the province gets it, the sender has given up and may have asked already."""
    request = one.head + await one.swallow()
    proxy, late = one.line.proxy, one.pace.late

    async def arrive() -> None:
        await asyncio.sleep(late)
        await Exchange(Line(proxy, one.line.reader, one.line.writer, 0), one.head, one.kind, 0).deliver(request)

    proxy.later(arrive())
    await one.until_it_hangs_up(late / 2)
    return await one.until_it_hangs_up(late * 3)


async def late_reply(one: Exchange) -> bool:
    """The reply comes late."""
    reply = await one.ask()
    await asyncio.sleep(one.pace.delay)
    await one.answer(reply)
    return True


async def slow_reply(one: Exchange) -> bool:
    """The reply trickles, byte for byte."""
    reply = await one.ask()
    for at in range(len(reply)):
        await one.answer(reply[at : at + 1])
        await asyncio.sleep(one.pace.byte)
    return True


async def slow_request(one: Exchange) -> bool:
    """The request trickles to the province until the sender has had enough."""
    request = one.head + await one.swallow()
    await one.line.province()
    trickle = asyncio.ensure_future(_trickle(one, request))
    await one.until_it_hangs_up()
    trickle.cancel()
    return False


async def _trickle(one: Exchange, request: bytes) -> None:
    for at in range(len(request)):
        await one.send(request[at : at + 1])
        await asyncio.sleep(one.pace.byte)


async def duplicate(one: Exchange) -> bool:
    """The reply comes twice."""
    reply = await one.ask()
    await one.answer(reply + reply)
    return True


async def stale(one: Exchange) -> bool:
    """The reply comes, and once more instead of the next one on this line."""
    reply = await one.ask()
    await one.answer(reply)
    one.line.stale = reply
    return True


async def shrunk(one: Exchange) -> bool:
    """A part of the reply's body under a length that fits it."""
    head, _, body = (await one.ask()).partition(b"\r\n\r\n")
    body = body[: len(body) * 2 // 3]
    await one.answer(LENGTH.sub(b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body)
    return True


async def length_too_long(one: Exchange) -> bool:
    """The reply announces more bytes than come."""
    await _with_length(one, +9)
    return await one.until_it_hangs_up()


async def length_too_short(one: Exchange) -> bool:
    """The reply announces fewer bytes than come."""
    await _with_length(one, -9)
    return True


async def _with_length(one: Exchange, more: int) -> None:
    head, _, body = (await one.ask()).partition(b"\r\n\r\n")
    length = b"Content-Length: %d" % max(0, len(body) + more)
    head = LENGTH.sub(length, head) if LENGTH.search(head) else head + b"\r\n" + length
    await one.answer(head + b"\r\n\r\n" + body)


async def portal(one: Exchange) -> bool:
    """A captive portal shows its page."""
    return await one.page("200 OK", PORTAL, HTML)


async def portal_redirect(one: Exchange) -> bool:
    """A captive portal leads elsewhere."""
    return await one.page("302 Found", PORTAL, HTML, f"Location: {one.line.proxy.stranger}")


async def portal_keeps_method(one: Exchange) -> bool:
    """A captive portal leads elsewhere, and wants body and method brought along."""
    return await one.page("307 Temporary Redirect", b"", f"Location: {one.line.proxy.stranger}")


async def portal_not_found(one: Exchange) -> bool:
    """A captive portal knows no such page."""
    return await one.page("404 Not Found", PORTAL, HTML)


async def portal_511(one: Exchange) -> bool:
    """A captive portal that knows RFC 6585."""
    return await one.page("511 Network Authentication Required", PORTAL, HTML)


async def crooked_redirect(one: Exchange) -> bool:
    """A redirect to what is no address."""
    return await one.page("302 Found", b"", "Location: http://[::1")


async def garbage(one: Exchange) -> bool:
    """Bytes that are no HTTP, before the province hears of it."""
    await one.swallow()
    await one.answer(one.line.proxy.rng.randbytes(300) + b"\r\n\r\n")
    return False


async def garbage_reply(one: Exchange) -> bool:
    """The province has done it, and bytes come that are no HTTP."""
    await one.ask()
    await one.answer(b"HTTP/1.1 " + one.line.proxy.rng.randbytes(300) + b"\r\n\r\n")
    return False


async def bad_gateway(one: Exchange) -> bool:
    """A gateway in between does not reach the province."""
    return await one.page("502 Bad Gateway", b"<html><h1>502 Bad Gateway</h1><hr>nginx</html>", HTML)


async def gateway_timeout(one: Exchange) -> bool:
    """The province has done it, and a gateway in between says that it has not answered."""
    await one.ask()
    return await one.page("504 Gateway Time-out", b"<html><h1>504 Gateway Time-out</h1><hr>nginx</html>", HTML)


async def gateway_json(one: Exchange) -> bool:
    """An API gateway breaks after the province has done it, in JSON."""
    await one.ask()
    return await one.page("500 Internal Server Error", b'{"message": "oops"}', "Content-Type: application/json")


async def busy(one: Exchange) -> bool:
    """A gateway in between has enough to do."""
    return await one.page("503 Service Unavailable", b"", f"Retry-After: {one.pace.busy}")


FAULTS: dict[str, Fault] = {
    act.__name__: act
    for act in (
        refuse,
        drop_before,
        reset_before,
        drop_in_request,
        lose_reply,
        reset_reply,
        break_both,
        drop_in_head,
        truncate,
        drop_after,
        silent,
        mute,
        vanish,
        late_request,
        late_reply,
        slow_reply,
        slow_request,
        duplicate,
        stale,
        shrunk,
        length_too_long,
        length_too_short,
        portal,
        portal_redirect,
        portal_keeps_method,
        portal_not_found,
        portal_511,
        crooked_redirect,
        garbage,
        garbage_reply,
        bad_gateway,
        gateway_timeout,
        gateway_json,
        busy,
    )
}
