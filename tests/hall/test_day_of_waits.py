"""What is told on a ticket is kept, and measured against what came."""

from __future__ import annotations

from kiosk.hall.waiting import ForecastError
from tests.hall.house import AN, House


def serve(house: House, minutes: float) -> None:
    call = house.counters.call_next(1, AN)
    assert call is not None
    house.counters.serve(1, AN)
    house.later(minutes=minutes)
    house.counters.done(1, AN)


def test_a_wait_is_told_kept_and_measured(house: House) -> None:
    house.open(1)
    for _ in range(8):
        house.take()
    today = house.now.date()
    assert house.hall.forecast(house.now).ordinary == {}
    assert house.hall.forecast_error(today, today) is None
    for _ in range(5):
        serve(house, 4)
    assert house.hall.views(house.now)[0].estimate == house.counters.snapshot().lines[0].estimate
    estimate = house.hall.forecast(house.now).ordinary["A"]
    assert estimate.minutes == 12
    told = house.take()
    house.store.refresh()
    assert house.hall.ahead(told, house.now) == 3
    assert house.hall.forecast(house.now).tickets[told.id].minutes == 12
    for _ in range(3):
        serve(house, 5)
    serve(house, 1)
    error = house.hall.forecast_error(today, today)
    assert error is not None
    assert isinstance(error, ForecastError)
    assert (error.count, round(error.mean_absolute_minutes)) == (1, 3)
