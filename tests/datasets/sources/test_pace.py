"""How far a download is, in words."""

from carclf.datasets.sources.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def paced(total):
    clock, told = Clock(), []
    return (
        Pace("Downloading", total, lambda *said: told.append(said), clock),
        clock,
        told,
    )


def test_bytes_rate_and_time_left_are_told():
    pace, clock, told = paced(100_000_000)
    pace.add(20_000_000)
    clock.now = 2.0

    pace.tell()

    assert told == [
        (20_000_000, 100_000_000, "Downloading · 20 MB of 100 MB · 10 MB/s", 8.0)
    ]


def test_it_is_told_twice_a_second_at_most():
    pace, clock, told = paced(100)
    for clock.now in (0.1, 0.2, 0.6, 0.7, 1.2):
        pace.tell()

    assert len(told) == 2


def test_what_an_earlier_download_left_says_nothing_of_the_rate():
    pace, clock, told = paced(100_000_000)
    pace.had(50_000_000)
    pace.add(10_000_000)
    clock.now = 1.0

    pace.tell()

    assert told[0][2] == "Downloading · 60 MB of 100 MB · 10 MB/s"


def test_the_rate_is_that_of_the_last_seconds():
    pace, clock, told = paced(0)
    for second in range(1, 31):
        pace.add(5_000_000 if second <= 15 else 1_000_000)
        clock.now = float(second)
        pace.tell()

    assert told[-1][2].endswith("1.0 MB/s")
    assert told[-1][3] is None
