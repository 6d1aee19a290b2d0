"""The worked examples of ICAO Doc 9303 as values, for tests of both sides, and a card that plays them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devices.card_reader.emrtd.mrz import MrzKey

# 9303-11, appendix D
D_KEY = MrzKey("L898902C", "690806", "940623")
D_CARD_NONCE, D_CARD_KEY = "4608F91988702212", "0B4F80323EB3191CB04970CB4052790B"
D_NONCE, D_OUR_KEY = "781723860C06C226", "0B795240CB7049B01C19B33E32804F0B"
D_AUTHENTICATE = "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7"
D_AUTHENTICATED = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449"
D_MESSAGES = (  # D.4: command, answer without its status word
    ("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED"),
    ("0CB000000D9701048E08ED6705417E96BA5500", "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED"),
    (
        "0CB000040D9701128E082EA28A70F3C7B53500",
        "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D74",
    ),
)
D_COM = "60145F0104303130365F36063034303030305C026175"

# 9303-11, appendix G.1: PACE with ECDH, generic mapping, brainpoolP256r1, AES-128
G1_KEY = MrzKey("T22000129", "640812", "101031")
G1_NONCE, G1_SEALED_NONCE = "3F00C4D39D153F2B2A214A078D899B22", "95A3A016522EE98D01E76CB6B98B42C3"
G1_OUR_SCALARS = (
    "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99",
    "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595",
)
G1_CARD_SCALARS = (
    "498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560",
    "107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A",
)
G1_IFD_MAP = (
    "7ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E"
    "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D"
)
G1_IC_MAP = (
    "824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"
    "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"
)
G1_IFD = (
    "2DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"
    "3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462"
)
G1_IC = (
    "9E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
    "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094"
)
G1_SHARED = "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925"
G1_IFD_TOKEN, G1_IC_TOKEN = "C2B0BD78D94BA866", "3ABB9674BCE93C08"


def fixed(*values: str) -> Callable[[int], bytes]:
    """A source of random octets that gives these, one after the other."""
    left: Iterator[str] = iter(values)

    def octets(size: int) -> bytes:
        found = bytes.fromhex(next(left))
        assert len(found) == size
        return found

    return octets


class ScriptedCard:
    """A connection that knows one conversation by heart: each command must be exactly the one that was written down."""

    atr = b""

    def __init__(self, *script: tuple[str, str]) -> None:
        """`script`: commands and responses with their status words, in hexadecimal."""
        self._script = list(script)

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """The answer of the script."""
        wanted, answer = self._script.pop(0)
        assert apdu.hex().upper() == wanted
        raw = bytes.fromhex(answer)
        return raw[:-2], int.from_bytes(raw[-2:], "big")

    def reset(self) -> None:
        """No conversation in the standard has one."""
        raise AssertionError("reset")

    def __enter__(self) -> ScriptedCard:
        return self

    def __exit__(self, *exc: object) -> None:
        assert not self._script, "the conversation ended early"
