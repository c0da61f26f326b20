"""Networks that others published: where each is fetched from, and its checksum.

Sources: the model zoo of Detectron2 v0.6, whose file names hold how their MD5 begins;
the files of rembg's release v0.0.0, with the MD5 that rembg 2.0.86 asks of them.
"""

from dataclasses import dataclass
from pathlib import Path

from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.settings import Settings


@dataclass(frozen=True)
class Published:
    """A network that can be fetched.

    Attributes:
        path: Below the address of those who published it.
        md5: Of its file, or how that begins.
        architecture: What Detectron2 calls it; nothing elsewhere.
    """

    path: str
    md5: str
    architecture: str = ""

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def ready_name(self) -> str:
        """What its file is called once it was checked, and can be loaded."""
        stem = Path(self.file_name).stem
        return f"{stem}.pth" if self.architecture else f"{stem}-{self.md5[:6]}.onnx"

    def address(self, settings: Settings) -> str:
        place = settings.zoo if self.architecture else settings.rembg_zoo
        return f"{place.rstrip('/')}/{self.path}"


def _detectron2(architecture: str, number: str, md5: str) -> Published:
    path = f"{architecture}/{number}/model_final_{md5}.pkl"
    return Published(path, md5, architecture)


DETECTRON2 = {
    "detectron2-box": _detectron2(
        "COCO-Detection/faster_rcnn_R_101_FPN_3x", "137851257", "f6e8b1"
    ),
    "detectron2-mask": _detectron2(
        "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x", "137849600", "f10217"
    ),
}
REMBG = {
    "isnet-general-use": Published(
        "isnet-general-use.onnx", "fc16ebd8b0c10d971d3513d564d01e29"
    ),
    "birefnet-general": Published(
        "BiRefNet-general-epoch_244.onnx", "7a35a0141cbbc80de11d9c9a28f52697"
    ),
    "birefnet-general-lite": Published(
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
        "4fab47adc4ff364be1713e97b7e66334",
    ),
    "u2net": Published("u2net.onnx", "60024c5c889badc19c04ad937298a77b"),
    "silueta": Published("silueta.onnx", "55e59e0d8062d2f5d013f4725ee84782"),
}


def published(treatment: Treatment) -> Published | None:
    """Return the network that a treatment needs fetched; None if it needs none.

    Raises:
        BackgroundError: It needs one, and nobody published it that is known here.
    """
    if treatment.remover != "rembg":
        return DETECTRON2.get(treatment.remover)
    if treatment.network not in REMBG:
        raise BackgroundError(
            f"Where “{treatment.network}” is fetched from is not known. Give the path "
            f"of its file as weights, or choose one of {', '.join(REMBG)}."
        )
    return REMBG[treatment.network]
