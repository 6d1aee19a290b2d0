"""A fee by VietQR: what it is for, the code for the bank's app, and whether the province has heard of the money."""

from __future__ import annotations

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.errands import Asked, ChargeLine, Paying
from kiosk.errands.exemptions import Exemption
from kiosk.errands.paying import can_ask_again
from kiosk.errands.slips import counted
from kiosk.slips import format_vnd
from kiosk.state import AppState
from offline_queue.gateway import PaymentState
from screens.qr_view import QrBeside, QrCard
from screens.tr import tr
from screens.widgets import KioskScreen, Option, show_list

__all__ = ["SCREEN", "QrBeside", "QrCard"]


class FeeRow(BoxLayout):
    """One line of the fee."""

    label = StringProperty("")
    value = StringProperty("")
    total = BooleanProperty(False)


class PayScreen(KioskScreen):
    """The sum, large; the code beside three short steps; one way out to the counter."""

    tone = StringProperty("info")
    said = StringProperty("")
    detail = StringProperty("")
    code = StringProperty("")
    amount = StringProperty("")
    account = StringProperty("")
    qr = StringProperty("")
    waiting = BooleanProperty(False)  # the code may be paid now
    paid = BooleanProperty(False)
    claimable = BooleanProperty(False)  # somebody may say that they pay nothing or less
    choosing = BooleanProperty(False)  # the groups of people are on the glass
    exempt = BooleanProperty(False)
    saved = StringProperty("")  # that the dossier is, whatever becomes of the money
    counter = BooleanProperty(False)  # the way to the counter, where the main action is another one

    def render(self, state: AppState) -> None:
        """One payment."""
        paying = state.session.paying if state.session else None
        if paying is None:
            return
        payment = paying.payment
        claimed = next((one for one in self.kiosk.exemptions(paying) if one.id == paying.exempt), None)
        self.exempt = claimed is not None
        self.paid = payment is not None and payment.state is PaymentState.PAID
        self.waiting = payment is not None and payment.state is PaymentState.WAITING and bool(paying.qr)
        self.waiting = self.waiting and claimed is None
        self.claimable = not self.paid and bool(paying.lines) and bool(self.kiosk.exemptions(paying))
        self.qr = paying.qr if self.waiting else ""
        self.code = paying.code
        self.amount = format_vnd(paying.amount_vnd) if paying.lines else ""
        self.account = f"{paying.bank} · {paying.account}" if self.waiting else ""
        show_list(self.ids.lines, FeeRow, _rows(paying.lines, claimed))
        self.tone, self.said, self.detail = _claimed(claimed) if claimed else _standing(paying)
        self.detail = " ".join(filter(None, (_changed(paying) if self.waiting else "", self.detail)))
        self.saved = _saved(paying)
        self._groups(paying)
        self._actions(paying)

    def _actions(self, paying: Paying) -> None:
        expired = paying.payment is not None and paying.payment.state is PaymentState.EXPIRED
        if self.paid:
            self.main_text, self.main_icon = tr._("Tiếp tục"), "arrow-right"
        elif not self.exempt and can_ask_again(paying):
            self.main_text, self.main_icon = tr._("Lấy mã mới") if expired else tr._("Thử lại"), "refresh"
        elif not self.exempt:
            self.main_text, self.main_icon = tr._("Trả tại quầy"), "account-cash-outline"
        elif paying.leads_on:  # the slip says where to go with the proof
            self.main_text, self.main_icon = tr._("Tiếp tục"), "arrow-right"
        else:
            self.main_text, self.main_icon = tr._("Lấy số gặp cán bộ"), "ticket-outline"
        self.main_plain = self.waiting
        self.counter = self.main_icon == "refresh"
        self.can_back = self.can_finish = not paying.leads_on

    def on_kv_post(self, _base: object) -> None:
        """Groups that are being laid out grow, and what stands above them too."""
        self._bring = Clock.create_trigger(self._bring_groups)
        self.ids.scroll.bind(viewport_size=lambda *_: self._bring())

    def _groups(self, paying: Paying) -> None:
        groups = self.kiosk.exemptions(paying) if self.choosing and self.claimable else ()
        rows = [
            {"key": one.id, "text": tr._(one.title), "detail": tr._(one.proof), "selected": one.id == paying.exempt}
            for one in groups
        ]
        show_list(self.ids.groups, self._group, rows)

    def _group(self) -> Option:
        option = Option()
        option.bind(on_release=lambda chosen: self.claim(chosen.key))
        return option

    def choose_group(self) -> None:
        """Show the groups, below what was touched."""
        self.choosing = True
        self.render(self.kiosk.state)
        self._bring()

    def _bring_groups(self, _dt: float) -> None:
        scroll = self.ids.scroll
        hidden = scroll.viewport_size[1] - scroll.height
        if self.choosing and hidden > 0:
            above = scroll.children[0].top - self.ids.claim.top  # what was touched stays in sight
            scroll.scroll_y = 1 - min(max(0, above), hidden) / hidden

    def pay_in_full(self) -> None:
        """Put the groups away and pay after all."""
        self.choosing = False
        self.kiosk.claim_exemption("")
        self.render(self.kiosk.state)

    def claim(self, exemption_id: str) -> None:
        """One of the groups."""
        self.choosing = False
        self.kiosk.claim_exemption(exemption_id)
        self.ids.scroll.scroll_y = 1  # the page has become short

    def shown(self, _state: AppState) -> None:
        """The code first."""
        self.choosing = False
        self.ids.scroll.scroll_y = 1

    def main(self) -> None:
        """On, or another try."""
        if self.paid:
            self.kiosk.payment_done()
        elif self.counter:
            self.kiosk.pay_again()
        else:
            self.kiosk.pay_at_counter()

    def forget(self) -> None:
        """No code stays on this screen."""
        self.code = self.amount = self.account = self.qr = self.said = self.detail = ""
        self.choosing = False
        self.ids.lines.clear_widgets()
        self.ids.groups.clear_widgets()


def _standing(paying: Paying) -> tuple[str, str, str]:
    payment = paying.payment
    if payment is None:
        match paying.asked:
            case Asked.WAITING:
                return "info", tr._("Đang lấy mã thanh toán…"), tr._("Thường chỉ mất vài giây.")
            case Asked.UNKNOWN:
                return "warn", tr.error(paying.why), tr.advice(paying.why)
        said = tr._("Chưa kết nối được với hệ thống của tỉnh.")
        return "warn", said, tr._("Bạn thử lại, hoặc trả tiền tại quầy.")
    match payment.state:
        case PaymentState.PAID:
            return "ok", tr._("Đã nhận đủ tiền. Cảm ơn bạn."), tr._("Bạn không phải trả thêm khoản nào cho lần này.")
        case PaymentState.EXPIRED:
            said = tr._("Mã đã hết hạn.")
            return "warn", said, tr._("Nếu bạn đã chuyển tiền, đừng trả lần nữa: xin báo cán bộ ở quầy.")
    if paying.why:
        said = tr._("Máy chưa hỏi được ngân hàng.")
        return "warn", said, tr._("Nếu bạn đã chuyển tiền, đừng trả lần nữa. Máy đang tiếp tục hỏi.")
    return "info", tr._("Đang chờ ngân hàng báo đã nhận tiền…"), tr._("Trả xong, bạn đợi ở đây một chút.")


def _changed(paying: Paying) -> str:
    """That it is not what was told when the dossier was handed in."""
    if not paying.told_vnd or paying.told_vnd == paying.amount_vnd:
        return ""
    said = tr._("Khi bạn nộp hồ sơ, máy báo {told}. Nay tỉnh yêu cầu {amount}.")
    return said.format(told=format_vnd(paying.told_vnd), amount=format_vnd(paying.amount_vnd))


def _saved(paying: Paying) -> str:
    if not paying.leads_on:
        return ""
    if paying.payment is not None and paying.payment.state is PaymentState.PAID:
        return tr._("Hồ sơ đã lưu.")
    return tr._("Hồ sơ đã lưu. Bạn có thể trả sau tại quầy.")


def _claimed(claimed: Exemption) -> tuple[str, str, str]:
    said = tr._("Bạn chưa phải trả bây giờ.")
    bring = tr._("Mang đến quầy: {proof}. Cán bộ xem rồi miễn hoặc giảm cho bạn.")
    return "info", said, bring.format(proof=tr._(claimed.proof))


def _rows(lines: tuple[ChargeLine, ...], claimed: Exemption | None) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [{"label": tr._(one.label), "value": counted(one), "total": False} for one in lines]
    if rows and claimed:
        rows.append({"label": tr._(claimed.title), "value": tr._("miễn, giảm tại quầy"), "total": True})
    elif rows:
        total = format_vnd(sum(line.total_vnd for line in lines))
        rows.append({"label": tr._("Tổng cộng"), "value": total, "total": True})
    return rows


SCREEN = PayScreen
