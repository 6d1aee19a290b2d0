"""What the machine says aloud on each screen: what is asked here, and where to touch. Never anything of a person."""

from __future__ import annotations

from kiosk import i18n
from kiosk.state import AppState, Step, screen_for

TEXTS = {
    Step.HOME: "Chào bạn. Bạn chọn việc cần làm trên màn hình. Muốn lấy số, bạn chạm một lần vào ô của việc đó.",
    Step.PRIORITY: "Bạn thuộc nhóm ưu tiên nào? Bạn chạm vào nhóm của mình.",
    Step.TICKET: "Bạn đã có số. Bạn lấy phiếu ở khe bên dưới và ngồi chờ gọi số.",
    Step.PROCEDURES: "Bạn muốn làm thủ tục gì? Bạn chạm vào tên thủ tục, hoặc tìm bằng vài chữ.",
    Step.BRING: "Đây là những giấy tờ bạn cần mang. Bạn chọn trường hợp của mình rồi chạm nút đỏ ở dưới.",
    Step.PREPARE: "Bạn chọn loại giấy tờ, số trang và số bản. Máy tính lệ phí cho bạn.",
    Step.CHECKLIST: "Đây là những thứ bạn đưa cho cán bộ ở quầy. Bạn chạm nút đỏ để lấy số.",
    Step.IDENTIFY: "Bạn đưa mã QR trên thẻ căn cước vào máy đọc mã, hoặc nhập số bằng tay.",
    Step.CARD: "Bạn đặt thẻ căn cước lên đầu đọc và để yên cho đến khi máy đọc xong.",
    Step.NOTICE: "Máy cho bạn biết thông tin của bạn được dùng vào việc gì. Bạn đọc rồi chạm nút đỏ.",
    Step.FORM: "Bạn trả lời các câu hỏi trên màn hình. Chạm vào ô để viết. Xong thì chạm nút đỏ ở dưới.",
    Step.PAPERS: "Đây là những giấy tờ cần quét. Bạn chạm vào từng giấy tờ.",
    Step.SCAN: "Bạn đặt giấy úp xuống mặt kính, sát góc có dấu đỏ, rồi chạm nút quét.",
    Step.REVIEW: "Bạn xem lại các câu trả lời. Chỗ nào sai, bạn chạm vào để sửa.",
    Step.DECLARE: "Bạn đọc lời cam đoan. Nếu đồng ý, bạn chạm nút đỏ để nộp hồ sơ.",
    Step.COLLECT: "Hồ sơ đã được giữ. Bạn lấy lại thẻ và giấy tờ của mình.",
    Step.SLIP: "Bạn lấy phiếu ở khe bên dưới và giữ phiếu cẩn thận.",
    Step.RATING: "Bạn có hài lòng không? Bạn chạm vào một khuôn mặt, hoặc bỏ qua.",
    Step.FOLLOW: "Bạn đưa mã trên phiếu vào máy đọc mã, hoặc nhập mã bằng tay.",
    Step.APPOINTMENT: "Đây là giờ hẹn của bạn. Bạn chạm nút đỏ để lấy số.",
    Step.PAY: "Bạn mở ứng dụng ngân hàng và quét mã trên màn hình để trả lệ phí, hoặc chọn trả ở quầy.",
    Step.VNEID: "Bạn mở ứng dụng VNeID trên điện thoại và quét mã trên màn hình.",
    Step.PETITION: "Bạn viết góp ý cho trung tâm. Bạn không phải ghi tên.",
    Step.LOOKUP: "Đây là tình trạng hồ sơ của bạn.",
    Step.OUT_OF_SERVICE: "Máy đang tạm nghỉ. Mời bạn đến quầy.",
}


def guidance(state: AppState) -> str:
    """What is said on the screen of this state, in its language; "" where nothing is."""
    text = TEXTS.get(Step(screen_for(state)), "")
    return i18n.translate(text, state.language) if text else ""
