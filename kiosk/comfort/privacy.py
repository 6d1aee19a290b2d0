"""What the kiosk does with data, in ten plain sentences; each of them is what the program does."""

SENTENCES = (
    "Bạn lấy số và tra cứu mà không phải cho máy biết bạn là ai.",
    "Máy chỉ hỏi những điều mà thủ tục của bạn cần.",
    "Máy đọc thẻ căn cước chỉ khi bạn đặt thẻ hoặc đưa mã QR vào.",
    "Máy không chụp ảnh bạn và không ghi âm.",
    "Khi bạn bấm Kết thúc hoặc đi khỏi máy, thông tin trên màn hình được xóa ngay.",
    "Chỉ hồ sơ bạn đã bấm nộp mới được giữ lại, và được khóa bằng mã hóa.",
    "Hồ sơ chỉ được gửi đến cơ quan giải quyết thủ tục, qua đường truyền có mã hóa.",
    "Khi cơ quan đã nhận hồ sơ, máy xóa giấy tờ đã quét và câu trả lời của bạn.",
    "Bạn có thể từ chối những việc không bắt buộc mà vẫn làm được thủ tục.",
    "Muốn xem, sửa hoặc xóa thông tin của mình, bạn hỏi cán bộ ở quầy.",
)
