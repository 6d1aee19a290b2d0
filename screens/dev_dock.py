"""The dev dock: a drawer at the edge of the window that plays with the simulated devices; never on a real kiosk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.relativelayout import RelativeLayout

from devices.card_reader.simulated import SimulatedCardReader
from devices.code_scanner.simulated import SimulatedCodeScanner
from devices.document_scanner.simulated import SimulatedDocumentScanner
from devices.document_scanner.simulated_camera import SimulatedCamera
from devices.printer.simulated import SimulatedPrinter
from kiosk.sandbox.progress import known_code
from kiosk.sandbox.server import Province
from kiosk.wiring import Machine
from screens.tr import tr
from screens.widgets import Action

# Synthetic people: the printed QR of a mother's and a father's card, and a code that is none.
MOTHER = "027190012345|123456789|Nguyễn Thị Đào|14021990|Nữ|Tổ 1, Võ Cường, Bắc Ninh|10092025"
FATHER = "027088004321||Trần Văn Bình|05091988|Nam|Tổ 1, Võ Cường, Bắc Ninh|12092025"
Buttons = list[tuple[str, Callable[[], object]]]
Groups = list[tuple[str, Buttons]]
LAID = {"glare": "Lóa đèn", "blurred": "Mờ", "dark": "Tối", "upside_down": "Lộn ngược", "blank": "Trang trắng"}
FOREIGN_CODE = "https://example.invalid/x"


class DockButton(Action):
    """One thing to do to a device."""


class DockGroup(BoxLayout):
    """The buttons of one device."""

    title = StringProperty("")


class DevDock(RelativeLayout):
    """Buttons by device, behind a handle."""

    opened = BooleanProperty(False)
    pins = StringProperty("")

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine
        if machine.config.embedded:
            self.pins = "2468 · 8642"
        for title, acts in self._groups():
            group = DockGroup(title=title)
            for text, act in acts:
                button = DockButton(text=text)
                button.bind(on_release=lambda _button, act=act: act())
                group.ids.buttons.add_widget(button)
            self.ids.groups.add_widget(group)

    def toggle(self) -> None:
        """Open or close the drawer."""
        self.opened = not self.opened

    def on_touch_down(self, touch: object) -> bool:
        """Touches beside the drawer go to the screen below."""
        x, y = touch.pos  # type: ignore[attr-defined]
        part = self.ids.drawer if self.opened else self.ids.handle
        inside = part.collide_point(x, y) or self.ids.handle.collide_point(x, y)
        return bool(super().on_touch_down(touch)) if inside else False

    def _groups(self) -> Groups:
        devices = {
            kind: device
            for kind, device in self.machine.devices.items()
            if self.machine.config.devices[kind].get("driver") == "simulated"
        }
        kinds: dict[str, tuple[str, Callable[[Any], Buttons]]] = {
            "code_scanner": (tr._("Máy đọc mã"), _code_buttons),
            "card_reader": (tr._("Đầu đọc thẻ"), _card_buttons),
            "printer": (tr._("Máy in"), _printer_buttons),
            "document_scanner": (tr._("Máy quét"), _feeder_buttons),
        }
        groups: Groups = [(title, of(devices[kind])) for kind, (title, of) in kinds.items() if kind in devices]
        if self.machine.province:
            groups += self._province_buttons(self.machine.province, devices.get("code_scanner"))
            cable: Buttons = [(tr._("Ngắt mạng"), lambda: self._network("refuse")), (tr._("Nối mạng"), self._network)]
            groups.append((tr._("Mạng"), cable))
        return groups

    @staticmethod
    def _province_buttons(province: Province, scanner: SimulatedCodeScanner | None) -> Groups:
        """The bank, the phone, and the slips of the dossiers that the province has always had."""
        people = province.people
        groups: Groups = [
            (
                tr._("Ngân hàng, VNeID"),
                [
                    (tr._("Đã trả tiền"), lambda: setattr(people, "bank", "pays_at_once")),
                    (tr._("Chưa trả tiền"), lambda: setattr(people, "bank", "waits")),
                    (tr._("Đồng ý"), lambda: setattr(people, "phone", "confirms")),
                    (tr._("Từ chối"), lambda: setattr(people, "phone", "refuses")),
                    (tr._("Chưa mức 2"), lambda: setattr(people, "phone", "low_level")),
                ],
            )
        ]
        if scanner:
            agency = province.agency_code
            slips = {5: "Phiếu: bổ sung", 6: "Phiếu: nộp phí", 9: "Phiếu: có kết quả", 3: "Phiếu: không nhận"}
            codes = {known_code(agency, status): words for status, words in slips.items()} | {"LH-0001": "Giấy hẹn"}
            groups.append(
                (tr._("Mã"), [(tr._(words), partial(scanner.present, code)) for code, words in codes.items()])
            )
        return groups

    def _network(self, fault: str = "") -> None:
        if self.machine.province:
            self.machine.province.fault = fault


def _code_buttons(scanner: SimulatedCodeScanner) -> Buttons:
    return [
        (tr._("QR thẻ của mẹ"), lambda: scanner.present(MOTHER)),
        (tr._("QR thẻ của cha"), lambda: scanner.present(FATHER)),
        (tr._("Mã lạ"), lambda: scanner.present(FOREIGN_CODE)),
        (tr._("Mã mờ"), scanner.smudge),
        (tr._("Rút dây"), scanner.unplug),
        (tr._("Cắm lại"), scanner.restore),
    ]


def _card_buttons(reader: SimulatedCardReader) -> Buttons:
    return [
        (tr._("Thẻ của mẹ"), lambda: reader.lay("genuine")),
        (tr._("Thẻ giả mạo"), lambda: reader.lay("forged")),
        (tr._("Thẻ sao chép"), lambda: reader.lay("copied")),
        (tr._("Thẻ hết hạn"), lambda: reader.lay("expired")),
        (tr._("Lấy thẻ"), reader.remove),
        (tr._("Rút dây"), reader.unplug),
        (tr._("Cắm lại"), reader.restore),
    ]


def _printer_buttons(printer: SimulatedPrinter) -> Buttons:
    return [
        (tr._("Sắp hết giấy"), printer.paper_low),
        (tr._("Hết giấy"), printer.paper_out),
        (tr._("Mở nắp"), printer.cover_open),
        (tr._("Kẹt giấy"), printer.jam),
        (tr._("Dao cắt hỏng"), printer.cutter),
        (tr._("In dở thì đứt"), printer.break_off),
        (tr._("Rút dây"), printer.unplug),
        (tr._("Sửa xong"), printer.restore),
    ]


def _feeder_buttons(feeder: SimulatedDocumentScanner) -> Buttons:
    own: Buttons = [
        (tr._("Mở nắp"), feeder.cover_open),
        (tr._("Kẹt giấy"), feeder.jam),
        (tr._("Quá nhiều tờ"), feeder.many_pages),
    ]
    if isinstance(feeder, SimulatedCamera):
        own = [(tr._("Che ống kính"), feeder.cover), (tr._("Tay giữ giấy"), feeder.move)]
    return [
        (tr._("Quên giấy"), feeder.leave_paper),
        (tr._("Lấy giấy"), feeder.take_paper),
        *own,
        (tr._("Quét bị treo"), feeder.hang),
        (tr._("Trang bị cắt"), feeder.cut_off),
        *((tr._(words), partial(feeder.lay, how)) for how, words in LAID.items()),
        (tr._("Rút dây"), feeder.unplug),
        (tr._("Sửa xong"), feeder.restore),
    ]
