"""Growing images: the parts of a training that each show them at one size.

Small images are quick to learn from, and what is learnt fits larger ones. Source:
Howard 2018, fast.ai's DAWNBench entry; Tan & Le 2021, EfficientNetV2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from carclf.config import TrainConfig
from carclf.ml.plan import Plan


@dataclass(frozen=True)
class Phase:
    """Epochs at one image size.

    Attributes:
        size: Height and width of the network's input.
        first: Epochs that are over when it begins.
        last: Epochs that are over when it ends.
    """

    size: tuple[int, int]
    first: int
    last: int


def of(config: TrainConfig) -> Iterator[Phase]:
    """Return the phases of a training, which share its epochs equally.

    Where there are fewer epochs than sizes, the smallest sizes have none.
    """
    smaller = [(side, side) for side in config.learning.progressive]
    sizes = [*smaller, config.data.image_size]
    for place, size in enumerate(sizes):
        first = place * config.fit.epochs // len(sizes)
        last = (place + 1) * config.fit.epochs // len(sizes)
        if first < last:
            yield Phase(size, first, last)


def after(config: TrainConfig, epochs: int) -> Phase:
    """Return the phase that follows when so many epochs are over, or the last one."""
    phases = list(of(config))
    return next((one for one in phases if epochs < one.last), phases[-1])


def sized(plan: Plan, phase: Phase) -> Plan:
    """Return the plan as it is during a phase."""
    height, width = phase.size
    data = plan.config.data.model_copy(update={"image_size": phase.size})
    how = plan.preparation.model_copy(update={"height": height, "width": width})
    config = plan.config.model_copy(update={"data": data})
    return replace(plan, config=config, preparation=how)
