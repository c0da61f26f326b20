"""The form's components: those everybody needs, and the rest in closed sections."""

from typing import Any

import gradio as gr

from carclf.ui import choices
from carclf.ui.tabs.train_values import Values

MODES = [("Freeze the backbone", "freeze"), ("Fine-tune", "finetune")]
SIZES = ["224 × 224", "299 × 299", "448 × 448"]
RESIZES = [("Squash", "squash"), ("Pad", "pad"), ("Crop", "crop")]
FEATURES = [("Computed once", "cached"), ("Anew every epoch", "streaming")]
BATCH_NORM = [("Keep ImageNet's", "inference"), ("Learn", "update")]
OPTIMIZERS = [
    ("Adam", "adam"),
    ("AdamW", "adamw"),
    ("Nadam", "nadam"),
    ("Adamax", "adamax"),
    ("RMSprop", "rmsprop"),
    ("SGD", "sgd"),
    ("Lion", "lion"),
]
SCHEDULES = [("Constant", "constant"), ("Cosine, down to 0", "cosine")]
MONITORS = [
    ("Validation accuracy", "val_accuracy"),
    ("Validation loss", "val_loss"),
    ("Training accuracy", "accuracy"),
    ("Training loss", "loss"),
]
LAYERS = [
    ("Mirror", "random_flip"),
    ("Random crop", "random_resized_crop"),
    ("Turn", "random_rotation"),
    ("Zoom", "random_zoom"),
    ("Shift", "random_translation"),
    ("Contrast", "random_contrast"),
    ("Brightness", "random_brightness"),
    ("Colours", "random_color_jitter"),
    ("RandAugment", "rand_augment"),
    ("TrivialAugment", "trivial_augment"),
    ("Erase", "random_erasing"),
]
FLIPS = [
    ("left – right", "horizontal"),
    ("up – down", "vertical"),
    ("both", "horizontal_and_vertical"),
]
# Label, and what the number says, of the layers whose strength is one.
STRENGTHS = {
    "crop": ("Smallest part kept", "share of the area"),
    "rotation": ("Turn by", "share of a full turn"),
    "zoom": ("Zoom by", "share of the size"),
    "shift": ("Shift by", "share of the size"),
    "contrast": ("Contrast by", "share"),
    "brightness": ("Brightness by", "share"),
    "jitter": ("Colours by", "share"),
    "rand_augment": ("RandAugment strength", "0 to 1"),
    "erasing": ("Erase in", "share of the images"),
}

Components = dict[str, Any]
# Words for people, and the value.
Choices = list[tuple[str, str]]


def build_first(now: Values, known: Choices, starts: Choices) -> Components:
    """Lay out what a first training needs, by the names of `Values`."""
    made: Components = {}
    with gr.Row():
        made["version"] = gr.Dropdown(
            known,
            value=now.version,
            label="Dataset version",
            interactive=True,
            min_width=180,
        )
        made["start"] = gr.Dropdown(
            starts,
            value=now.start,
            label="Start from",
            # The path of a weights file is typed.
            allow_custom_value=True,
            interactive=True,
            min_width=180,
        )
    with gr.Row():
        made["backbone"] = gr.Dropdown(
            [*choices.BACKBONES],
            value=now.backbone,
            label="Backbone",
            allow_custom_value=True,
            interactive=True,
            min_width=180,
        )
        made["name"] = gr.Textbox(
            now.name,
            label="Run name",
            placeholder="empty: run 1, …",
            max_length=80,
            min_width=150,
        )
    made["mode"] = gr.Radio(MODES, value=now.mode, label="Mode")
    with gr.Row(elem_classes="numbers"):
        made["epochs"] = _number(now.epochs, "Epochs", is_whole=True)
        made["batch_size"] = _number(now.batch_size, "Batch size", is_whole=True)
        made["learning_rate"] = _number(now.learning_rate, "Learning rate", step=1e-4)
    return made


def build_images(now: Values) -> Components:
    with gr.Row():
        size = gr.Dropdown(
            SIZES,
            value=now.image_size,
            label="Image size",
            info="Height × width; another may be typed.",
            allow_custom_value=True,
            interactive=True,
            min_width=150,
        )
        resize = gr.Radio(
            RESIZES, value=now.resize, label="Another aspect ratio", min_width=180
        )
    balanced = gr.Checkbox(
        bool(now.balanced), label="Show every class equally often", container=False
    )
    return {"image_size": size, "resize": resize, "balanced": balanced}


def build_backbone(now: Values, layers: list[str]) -> tuple[Components, gr.Column]:
    """Lay out what follows the mode; return with it what fine-tuning alone needs."""
    made: Components = {}
    with gr.Column(visible=now.mode == "finetune") as tuned:
        made["unfreeze_from"] = gr.Dropdown(
            ["", *layers],
            value=now.unfreeze_from,
            label="Unfreeze from",
            info="The first layer that learns; empty: all of them.",
            allow_custom_value=True,
            interactive=True,
        )
        with gr.Row(elem_classes="numbers"):
            made["layer_decay"] = _number(
                now.layer_decay, "Layer decay", "Rate of each block to the next", 0.05
            )
            made["batch_norm"] = gr.Radio(
                BATCH_NORM,
                value=now.batch_norm,
                label="Batch statistics",
                min_width=200,
            )
    return made, tuned


def build_features(now: Values) -> tuple[Components, gr.Column]:
    """Lay out what a frozen backbone alone needs."""
    with gr.Column(visible=now.mode == "freeze") as frozen:
        features = gr.Radio(
            FEATURES, value=now.features, label="What the backbone says of an image"
        )
        views = _number(
            now.views,
            "Views",
            "Augmented copies of each image, when computed once",
            is_whole=True,
        )
    return {"features": features, "views": views}, frozen


def build_learning(now: Values) -> Components:
    made: Components = {}
    with gr.Row(elem_classes="numbers"):
        made["optimizer"] = gr.Dropdown(
            OPTIMIZERS,
            value=now.optimizer,
            label="Optimizer",
            interactive=True,
            min_width=110,
        )
        made["momentum"] = _number(
            now.momentum, "Momentum", step=0.05, visible=now.momentum is not None
        )
        made["weight_decay"] = _optional(now.weight_decay, "Weight decay", "none")
    with gr.Row(elem_classes="numbers"):
        made["schedule"] = gr.Dropdown(
            SCHEDULES,
            value=now.schedule,
            label="Schedule",
            interactive=True,
            min_width=150,
        )
        made["warmup"] = _number(now.warmup, "Warm-up epochs", step=0.5)
    return made


def build_finer(now: Values) -> Components:
    """Lay out what is added to the rule of learning."""
    made: Components = {}
    with gr.Row(elem_classes="numbers"):
        made["dropout_rate"] = _number(now.dropout_rate, "Dropout", step=0.05)
        made["label_smoothing"] = _number(now.label_smoothing, "Smoothing", step=0.05)
        made["accumulation"] = _number(now.accumulation, "Accumulate", is_whole=True)
        made["ema"] = _optional(now.ema, "Averaging (EMA)", "off")
    made["mixed_precision"] = gr.Checkbox(
        bool(now.mixed_precision), label="Compute in 16 bits (GPU)", container=False
    )
    return made


def build_augmentation(now: Values) -> Components:
    made: Components = {
        "augmentation": gr.CheckboxGroup(
            LAYERS, value=now.augmentation, label="Vary the images"
        )
    }
    with gr.Row(elem_classes="numbers"):
        made["flip"] = gr.Dropdown(
            FLIPS,
            value=now.flip,
            label="Mirror",
            visible=now.flip is not None,
            interactive=True,
            min_width=130,
        )
        for name, (label, unit) in STRENGTHS.items():
            value = getattr(now, name)
            made[name] = _number(value, label, unit, 0.05, visible=value is not None)
    with gr.Row(elem_classes="numbers"):
        made["mixup"] = _number(now.mixup, "Mixup", "alpha; 0: off", 0.1)
        made["cutmix"] = _number(now.cutmix, "CutMix", "alpha; 0: off", 0.1)
    return made


def build_stopping(now: Values) -> Components:
    made: Components = {}
    with gr.Row(elem_classes="numbers"):
        made["patience"] = _optional(
            now.patience, "Patience", "all epochs", "Epochs without a better one"
        )
        made["monitor"] = gr.Dropdown(
            MONITORS,
            value=now.monitor,
            label="Better by",
            visible=now.monitor is not None,
            interactive=True,
            min_width=170,
        )
    with gr.Row(elem_classes="numbers"):
        made["max_gap"] = _optional(
            now.max_gap, "Largest gap", "any", "Training over validation accuracy"
        )
        made["keep_every"] = _optional(
            now.keep_every,
            "Keep every … epochs",
            "none",
            "Beside best and last",
        )
    made["test_time_flip"] = gr.Checkbox(
        bool(now.test_time_flip),
        label="Judge with the mirror image too",
        container=False,
    )
    made["webhook"] = gr.Textbox(
        now.webhook, label="Tell this address of the end", placeholder="https://…"
    )
    return made


def _optional(
    value: Any, label: str, placeholder: str, info: str | None = None
) -> gr.Textbox:
    return gr.Textbox(
        value,
        label=label,
        placeholder=placeholder,
        info=info,
        max_lines=1,
        min_width=92,
    )


def _number(
    value: Any,
    label: str,
    info: str | None = None,
    step: float | None = None,
    *,
    is_whole: bool = False,
    visible: bool = True,
) -> gr.Number:
    return gr.Number(
        value,
        label=label,
        info=info,
        step=1 if is_whole else step or 0.1,
        precision=0 if is_whole else None,
        visible=visible,
        min_width=92,
    )
