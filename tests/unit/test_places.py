"""Provinces and communes: how they are found and in which order they stand."""

from __future__ import annotations

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
