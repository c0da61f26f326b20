"""carclf's own sections: how weights are learnt, and who hears of the end."""

from typing import Annotated, Literal

from pydantic import Field

from carclf.config.section import Section, Share

Mode = Literal["freeze", "finetune"]


class Schedule(Section):
    """How the learning rate goes over the steps of a training."""

    name: Literal["constant", "cosine"] = "constant"
    """After the warm-up: the same rate throughout, or half a cosine down."""
    warmup_epochs: float = Field(0.0, ge=0, le=1000)
    """Epochs, or parts of one, over which the rate rises from 0."""
    final_share: float = Field(0.0, ge=0, le=1)
    """Where a cosine ends, as a share of the highest rate."""


class LearningConfig(Section):
    """How the weights are learnt."""

    mode: Mode | None = None
    """`freeze` trains the head alone, `finetune` the backbone too. Left out: freeze
    from ImageNet, fine-tune from a run or a file, as the report did."""
    features: Literal["cached", "streaming"] = "cached"
    """`cached` computes a frozen backbone once, `streaming` anew each epoch with fresh
    augmentation. Only for `freeze`."""
    views: int = Field(4, ge=1, le=64)
    """Augmented copies of each image behind cached features."""
    unfreeze_from: str | None = None
    """The first layer of the backbone to fine-tune; left out: all."""
    batch_norm: Literal["inference", "update"] = "inference"
    """`inference` keeps ImageNet's statistics, `update` moves them."""
    mixed_precision: bool = False
    """Compute in 16 bits, bfloat16 where every GPU does that itself, else float16; pays
    on a GPU."""
    schedule: Schedule = Schedule()
    """How the learning rate goes over the steps."""
    layer_decay: float = Field(1.0, gt=0, le=1)
    """Each block of the backbone learns at this share of the rate of the block after
    it; 1: all at the same rate."""
    accumulation: int = Field(1, ge=1, le=1024)
    """Steps whose gradients are added before the weights move."""
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Decay of a running mean of the weights, which is what is judged and kept; left
    out: the weights themselves."""
    mixup: float = Field(0.0, ge=0, le=10)
    """Alpha of mixup (Zhang 2017); 0: off."""
    cutmix: float = Field(0.0, ge=0, le=10)
    """Alpha of CutMix (Yun 2019); 0: off. With mixup, each batch draws one of them."""
    balanced: bool = False
    """Show every class equally often, however many images it has."""
    progressive: tuple[Annotated[int, Field(ge=32, le=1024)], ...] = ()
    """Smaller image sizes to begin with, in pixels; the epochs are shared equally
    among them and `data.image_size`, which comes last."""
    test_time_flip: bool = False
    """Evaluate and predict by the mean over an image and its mirror image; the curves
    of a training look at the image alone."""
    max_gap: Share | None = None
    """End the training when train accuracy exceeds validation accuracy by more."""
    keep_every: int | None = Field(None, ge=1)
    """Keep the weights of every n-th epoch besides the best and the last."""


class NotifyConfig(Section):
    """Who hears of the end of a run."""

    webhook: str | None = Field(None, pattern="^https?://")
    """An address that is sent the outcome as JSON."""
