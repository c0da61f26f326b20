"""What was looked at in a cleaning queue stays looked at."""

from carclf import store
from carclf.store import reviews, versions


def test_a_verdict_outlives_the_connection_and_is_replaced_by_a_later_one(
    settings, version
):
    with store.connect(settings.db_path) as db:
        first, second, third = [
            one.image_id for one in versions.examples(db, version.id)[:3]
        ]
        reviews.set(db, first, "kept")
        reviews.set(db, second, "kept")
        reviews.set(db, second, "fixed")
        reviews.set(db, third, "accepted")
        reviews.remove(db, third)

    with store.connect(settings.db_path) as db:
        found = reviews.of(db, [first, second, third])

    assert found == {first: "kept", second: "fixed"}
