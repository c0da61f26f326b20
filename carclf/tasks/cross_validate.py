"""Find out what training images look like to heads that did not learn from them."""

import numpy as np

from carclf import words
from carclf.errors import JobError
from carclf.evaluation import cross_validation, features, shares
from carclf.records import JobStatus
from carclf.store import jobs, versions
from carclf.tasks.evaluate import bundle_of
from carclf.tasks.neighbours import training_features
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    own = work.run()
    version = work.version_of(own)
    if own.best_epoch is None:
        raise JobError(f"“{own.name}” has no epoch whose features could be read.")
    found = training_features(
        work, version, bundle_of(work, own, own.best_epoch).folder
    )
    label_of = {
        one.image_id: one.label
        for one in versions.examples(work.db, version.id, split="train")
    }
    labels = [label_of[int(image_id)] for image_id in found.image_ids]
    fit = cross_validation.judgeable(labels)
    made = cross_validation.shares(
        found.vectors[fit],
        [label for label, is_fit in zip(labels, fit, strict=True) if is_fit],
        version.classes,
        work.stoppable("Cross-validating the training images"),
    )
    path = shares.of_training(work.settings, own, version)
    features.write(path, found.image_ids[fit], made)
    few = int(np.count_nonzero(~fit))
    if few:
        jobs.set_result(work.db, work.job.id, {"too_few": words.count(few, "image")})
    return "done"
