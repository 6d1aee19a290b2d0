"""Provinces and communes: how they are found and in which order they stand."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk import places


def test_communes_are_found_without_marks_and_those_of_the_province_first() -> None:
    assert places.search_communes("vo cuong")[0].code == "09190"
    assert places.search_communes("ea h’leo") == places.search_communes("Ea H'Leo") != ()
    province = places.province_of_agency("H05.114")
    assert places.province_of_agency("000.17.22.H05") == province
    assert places.province_of_agency("G09.20") == ""
    found = places.search_communes("xa tan", province)
    inside = [place.parent == province for place in found]
    assert inside == sorted(inside, reverse=True)
    assert inside[0]
    assert len(found) == 30


def test_places_stand_in_alphabetical_order() -> None:
    names = [place.name for place in places.communes(places.province_of_agency("H05.114"))]
    assert names.index("Phường Đa Mai") < names.index("Phường Đào Viên") < names.index("Phường Võ Cường")
    assert names.index("Phường Đa Mai") > names.index("Phường Chũ")
    provinces = [place.name for place in places.provinces()]
    assert len(provinces) == 34
    assert provinces.index("Tỉnh Cà Mau") < provinces.index("Tỉnh Điện Biên") < provinces.index("Tỉnh Gia Lai")


def test_an_address_is_taken_apart_and_put_together() -> None:
    read = places.Address.read
    written = "Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh"
    for text in (written, "Tổ 1, Võ Cường, Bắc Ninh", "Tổ 1, P. Võ Cường, T. Bắc Ninh", "Tổ 1, vo cuong, BẮC NINH"):
        assert read(text) == places.Address("Tổ 1", "09190"), text
        assert read(text).text == written
    assert read("Số 5, ngõ 2, Sài Gòn, TP. Hồ Chí Minh").line == "Số 5, ngõ 2"
    assert read("Võ Cường, Bắc Ninh") == places.Address("", "09190")
    for unknown in (
        "",
        "Tổ 1",
        "Tổ 1, Nơi Không Có, Bắc Ninh",
        "Võ Cường, Hà Nội",
        "Tổ 1, Võ Cường, TP Bắc Ninh, Bắc Ninh",
        "Khu 2, Hòa Bình, Thành phố Biên Hòa, Đồng Nai",
        "Khu 2, P. Hòa Bình, Biên Hòa, Đồng Nai",
        "Xã Tân Hạnh, Biên Hòa, Đồng Nai",
        "Thôn Đông, xã Trung Nghĩa",
    ):
        assert read(unknown) == places.Address(unknown), unknown
        assert read(unknown).text == unknown


@pytest.mark.parametrize("line", ["Thôn Đông, xã Trung Nghĩa", "15, Xã Đàn", "TT. Chờ", "Tổ 2, phường 5"])
def test_a_line_may_name_what_is_called_a_commune(line: str) -> None:
    assert places.Address.read(f"{line}, Phường Võ Cường, Tỉnh Bắc Ninh") == places.Address(line, "09190")


@pytest.mark.parametrize(
    ("text", "line", "commune"),
    [
        ("Số 1, Cửa Nam, Hoàn Kiếm, Hà Nội", "Số 1, Cửa Nam, Hoàn Kiếm", ""),
        ("Võ Cường, Bắc Ninh", "Võ Cường", ""),
        ("Tổ 1, Phường Võ Cường, Bắc Ninh", "Tổ 1", "09190"),
        ("Tổ 1", "Tổ 1", ""),
    ],
)
def test_a_card_of_the_time_with_districts_names_no_commune_of_today(text: str, line: str, commune: str) -> None:
    before, since = date(2025, 6, 30), date(2025, 7, 1)
    assert places.Address.read(places.as_answer(text, before)) == places.Address(line, commune)
    assert places.as_answer(text, since) == places.as_answer(text, None) == text


@pytest.mark.parametrize(
    ("old", "line"),
    [
        ("Tổ 1, Đại Phúc, Thành phố Bắc Ninh, Bắc Ninh", "Tổ 1"),
        ("Tổ 1, Đại Phúc, Bắc Ninh, Bắc Ninh", "Tổ 1"),
        ("Khu 2, xã Trung Nghĩa, huyện Yên Phong, tỉnh Bắc Ninh", "Khu 2"),
        ("Thôn Đông, xã Trung Nghĩa", "Thôn Đông"),
        ("Số 5, ngõ 2, Đường Láng, Láng Thượng, Quận Đống Đa, Hà Nội", "Số 5, ngõ 2, Đường Láng"),
        ("15 Hàng Bài, Hoàn Kiếm, Hà Nội", "15 Hàng Bài"),
        ("Số 1, Cửa Nam, TP. Bắc Giang, Bắc Giang", "Số 1"),
        ("Số 1, Tiền An, Kinh Bắc", "Số 1"),  # the province was left out: Kinh Bắc is a ward of Bắc Ninh today
        ("Tổ 1, Nơi Không Có, Bắc Ninh", "Tổ 1"),
        ("Đồng Xa, TT. Chờ, H. Yên Phong, Bắc Ninh", "Đồng Xa"),
        ("Võ Cường", ""),
        ("Đại Phúc, Bắc Ninh, Bắc Ninh", ""),
        ("Nơi Không Có, Bắc Ninh", ""),
        ("15, Xã Đàn", "15, Xã Đàn"),
        ("Số 7 Kinh Dương Vương", "Số 7 Kinh Dương Vương"),
        ("Ngõ 5, Hòa Bình", "Ngõ 5, Hòa Bình"),
        ("Đường Bắc Ninh", "Đường Bắc Ninh"),
        ("", ""),
    ],
)
def test_who_picks_a_commune_for_an_old_address_has_one_address(old: str, line: str) -> None:
    picked = places.Address.read(old).moved_to("09190")
    assert picked == places.Address(line, "09190")
    assert picked.moved_to("00004") == places.Address(line, "00004")
    assert places.Address.read(picked.text) == picked


def test_every_commune_is_found_by_its_own_name() -> None:
    communes = [place for province in places.provinces() for place in places.communes(province.code)]
    assert len(communes) == 3321
    assert [p for p in communes if places.Address.read(f"1, {places.commune_text(p.code)}").commune != p.code] == []


def test_a_name_that_two_communes_share_is_not_guessed() -> None:
    ward, commune = (places.Address.read(f"Tổ 1, {kind} Cẩm Giang, Hải Phòng") for kind in ("Phường", "Xã"))
    assert places.Address.read("Tổ 1, Cẩm Giang, Hải Phòng").commune in ("", ward.commune, commune.commune)
    assert places.Address.read("Tổ 1, cam giang, hai phong").commune == ""
