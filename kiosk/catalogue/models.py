"""What the catalogue is made of: procedures with their papers, fees and ways; validated where they come from a file."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

CODE = r"^[0-9]\.[0-9]{6}$"
SHORT_TITLE = 140  # letters
ASIDE = re.compile(r"(?<=\w)\. (?=[A-ZĐ])|; |:(?= )| \((?:sau đây|do người)|, trừ trường hợp")
PORTAL = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/"  # and the page's identifier
Authority = Literal["commune", "province", "ministry", "other"]
Way = Literal["counter", "online", "post"]


MOST_VND = 10_000_000_000  # no fee is that high: a number beyond it is a slip of the hand
MOST_TILES, LONGEST_TILE = 15, 40  # of home, which has five rows of three; letters on one
MOST_PARTS = 200  # cases, papers, ways, fees of one procedure; the national portal has 23 papers at most
MOST_COPIES = 100_000  # of a paper; the national portal asks for 20,251 somewhere
LONGEST = 10_000  # letters of any text; the longest paper of the national portal has 4,704


def _whole(amount: Any) -> Any:
    """Never what looks like a number: 5.000 is five, "5.000" may be five thousand, true is one."""
    if type(amount) is int and 0 <= amount <= MOST_VND:
        return amount
    raise ValueError("must be a whole number of đồng without dots and quotes, such as 5000")


Amount = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, StringConstraints(pattern=r"\S")]  # says something
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class CatalogueError(Exception):
    """Every mistake in catalogue or forms: `file: path: sentence`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Data(BaseModel):
    """Base of everything that is read from a data file: no unknown key, nothing endless, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=LONGEST, allow_inf_nan=False)


class Condition(Data):
    """Holds only while question `question` (or `case`) has one of `values`."""

    question: str
    values: tuple[str, ...]

    @field_validator("values")
    @classmethod
    def _some(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:  # min_length would be told beside the mistakes of the values as well
            raise ValueError("needs at least 1 answer: what waits for none is never asked")
        return values


class Component(Data):
    """One paper. `scan` says that it is scanned at the kiosk; else it is only shown or handed over at the counter.

    Where it waits for an answer in the form (`when`), its `hint` says so to who has not been asked yet.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    hint: str = ""  # how it must lie, what must be readable
    scan: bool = True
    required: bool = True
    when: Condition | None = None
    copy_type: Literal["original", "certified_copy", "copy"] = "copy"
    originals: int = Field(0, ge=0, le=MOST_COPIES)  # how many of each, where the law says so
    copies: int = Field(0, ge=0, le=MOST_COPIES)
    part: str = ""  # the heading under which the portal lists it
    plain: str = ""  # the same in plain words

    @model_validator(mode="after")
    def _is_explained(self) -> Self:
        if self.when and not self.hint.strip():  # else everybody would be told to bring it
            raise ValueError("waits for an answer, so it needs a hint that says when")
        return self

    @property
    def short(self) -> str:
        """In plain words; of a paragraph of law the first sentence, and no more than can be read at a glance."""
        if self.plain:
            return self.plain
        if len(self.title) <= SHORT_TITLE:
            return self.title
        first = ASIDE.split(self.title, maxsplit=1)[0]
        return first if len(first) <= SHORT_TITLE else first[:SHORT_TITLE].rpartition(" ")[0].rstrip(" ,;–-") + "…"


class Case(Data):
    """One situation of a citizen, in which the procedure needs these papers."""

    id: str = Field(min_length=1, max_length=100)
    title: Name
    components: tuple[Component, ...] = Field((), max_length=MOST_PARTS)


class PageTariff(Data):
    """So much a page, less from a page on, and never more than that a copy; whole đồng."""

    first_pages: int = Field(ge=0, le=MOST_COPIES, strict=True)
    first_page_vnd: Amount
    next_page_vnd: Amount
    most_vnd: Amount


class Fee(Data):
    """Fee rule, in force from `valid_from` to `valid_to`, both included.

    `amount_vnd` is None where a `tariff` counts pages, where the `province` decides, and where nothing is known;
    `shown_free`: the national portal says free, which is no proof (the province may have set a fee). After a warning of
    the form among `unless` the province decides: free within 60 days, and who comes later is warned that it is late.
    """

    amount_vnd: Amount | None = None
    per: Literal["", "copy", "page"] = ""
    note: str = ""
    tariff: PageTariff | None = None
    province: bool = False
    shown_free: bool = False
    unless: tuple[str, ...] = ()  # codes of warnings
    valid_from: date | None = None
    valid_to: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether it holds on a day."""
        return not ((self.valid_from and on < self.valid_from) or (self.valid_to and on > self.valid_to))


class Channel(Data):
    """One way to hand in: how long it takes, what it costs. `unit` is "" where the portal prints a bare number."""

    way: Way
    days: float | None = Field(None, ge=0, le=36525, strict=True)
    unit: Literal["", "hours", "days", "working_days"] = ""
    fees: tuple[Fee, ...] = Field((), max_length=MOST_PARTS)
    note: str = ""


class Procedure(Data):
    """One administrative procedure as this site shows it.

    What a site offers at the kiosk stands in `procedures.yaml`; of all others `online` and `prepare` are false. The
    last fields come from the national portal or the province, unless the site says otherwise.
    """

    code: str = Field(pattern=CODE)
    name: Name
    short_name: Name
    field: Name
    icon: str
    online: bool  # can be submitted at the kiosk
    prepare: bool = False  # cannot: the kiosk prepares and gives a number
    series: str = Field(pattern=r"^[A-Z]$")
    cases: tuple[Case, ...] = Field((), max_length=MOST_PARTS)
    bring: tuple[str, ...] = ()  # always to be brought along
    fee: Fee | None = None
    duration_text: str = ""
    result: str = ""
    form_id: str = ""
    keywords: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # kinds of paper, for `prepare`
    papers: tuple[Component, ...] = ()  # in every case
    channels: tuple[Channel, ...] = Field((), max_length=MOST_PARTS)
    level: Literal["", "full", "partial", "none"] = ""  # how far it goes on line here: published by each province
    levels: tuple[Authority, ...] = ()  # who decides
    notes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    legal: tuple[str, ...] = ()  # numbers of the laws
    page: str = ""  # its address on the national portal

    @property
    def described(self) -> bool:
        """More is known of it than its name: papers, ways or times."""
        return bool(self.channels or self.cases or self.papers or self.bring)


class Paper(Data):
    """One paper in the words of the law; `part` is the heading under which the portal lists it."""

    title: Text
    originals: int = Field(0, ge=0, le=MOST_COPIES)
    copies: int = Field(0, ge=0, le=MOST_COPIES)
    form: str = ""  # file name of its form on the portal
    part: str = ""


class PaperCase(Data):
    """One situation, with the papers that only it needs."""

    title: Name
    papers: tuple[Paper, ...] = Field((), max_length=MOST_PARTS)


class Entry(Data):
    """One procedure of the national catalogue, or of what the province sends in its place."""

    code: str = Field(pattern=CODE)
    name: Name
    field: Name
    levels: tuple[Authority, ...] = ()
    level: Literal["", "full", "partial", "none"] = ""
    channels: tuple[Channel, ...] = Field((), max_length=MOST_PARTS)
    papers: tuple[Paper, ...] = Field((), max_length=MOST_PARTS)
    cases: tuple[PaperCase, ...] = Field((), max_length=MOST_PARTS)
    notes: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    legal: tuple[str, ...] = ()
    decision: str = ""  # which decision has published it
    page: str = Field("", pattern=r"^[0-9a-f-]*$")


class Named(Data):
    """A procedure of which only its name is known here: one row of the index."""

    code: str
    name: str
    field: str
    levels: tuple[Authority, ...] = ()


class HomeTile(Data):
    """One tile of home: a common job in a few words, for one procedure, or for a search where it may be several."""

    title: Annotated[Name, Field(max_length=LONGEST_TILE)]
    icon: str
    code: str = Field("", pattern=r"^([0-9]\.[0-9]{6})?$")
    query: str = ""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not self.code and not self.query.strip():
            raise ValueError("needs a code, or a query")
        return self


class PlainWords(Data):
    """Papers whose title begins so are called so in plain words."""

    begins: str = Field(min_length=8)
    say: str = Field(min_length=1)


class SiteRules(Data):
    """What this site adds: the tiles of home, what is not shown here, icons of the fields of law."""

    jobs: tuple[HomeTile, ...] = Field((), max_length=MOST_TILES)
    series: str = Field("", pattern=r"^[A-Z]?$")  # whose number is for what no series of the hall handles
    hidden: tuple[str, ...] = ()  # codes of procedures that are of no use here
    plain: tuple[PlainWords, ...] = ()
    icons: dict[str, str] = Field(default_factory=dict)  # by field
