"""Build a pure-Python wheel of Detectron2 0.6 that runs with today's libraries.

    python tools/build_detectron2_wheel.py FOLDER [--sdist pb1-detectron2-0.6.tar.gz]

Detectron2 is not on PyPI, and building it takes a compiler. PyPI's pb1-detectron2 is
the Python of its tag v0.6 without the C++ sources, which Faster and Mask R-CNN do not
need: their RoIAlign and NMS are torchvision's. That sdist is fetched by pip, known by
its hash, patched where libraries have moved on since, and made a wheel: in seconds,
with nothing but pip, setuptools and wheel.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

SDIST = "pb1-detectron2==0.6"
SHA256 = "5d2e9e51e523ec72f6a31cca04b0a515492e9514b773a3d134cedc0677170b29"
VERSION = "0.6+noext.1"
# A wheel made twice is the same file: the day of the sdist, in seconds since 1970.
DAY = "1636934400"


class Patch(NamedTuple):
    """One edit; `old` must be found exactly `count` times."""

    file: str
    old: str
    new: str
    count: int = 1


_IMPORT = "from detectron2 import _C\n"
_GUARDED = "try:\n    from detectron2 import _C\nexcept ImportError:\n    _C = None\n"
_FAST = "from detectron2.evaluation.fast_eval_api import COCOeval_opt\n"
_RESOURCE = (
    'pkg_resources.resource_filename(\n        "detectron2.model_zoo", '
    'os.path.join("configs", config_path)\n    )'
)
_BESIDE = (
    "os.path.join(\n        os.path.dirname(os.path.abspath(__file__)), "
    '"configs", config_path\n    )'
)
PATCHES = (
    # The C++ extension is not there; what needs it is not used.
    Patch("layers/deform_conv.py", _IMPORT, _GUARDED),
    Patch("layers/roi_align_rotated.py", _IMPORT, _GUARDED),
    Patch("layers/rotated_boxes.py", _IMPORT, _GUARDED),
    Patch(
        "evaluation/coco_evaluation.py",
        _FAST,
        f"try:\n    {_FAST}except ImportError:\n    COCOeval_opt = COCOeval\n",
    ),
    # Pillow 10 took LINEAR away.
    Patch("data/transforms/transform.py", "Image.LINEAR", "Image.BILINEAR"),
    # setuptools 82 took pkg_resources away.
    Patch("model_zoo/model_zoo.py", "import pkg_resources\n", ""),
    Patch("model_zoo/model_zoo.py", _RESOURCE, _BESIDE),
    # NumPy 1.24 took its names of Python's types away; NumPy 2 copies or fails.
    Patch("structures/masks.py", "np.bool)", "bool)", 3),
    Patch("layers/mask_ops.py", "np.array(mask, copy=False)", "np.asarray(mask)"),
    Patch("evaluation/pascal_voc_evaluation.py", "np.bool)", "bool)", 2),
    Patch("evaluation/sem_seg_evaluation.py", "np.int)", "int)", 2),
    Patch("evaluation/sem_seg_evaluation.py", "np.float)", "float)", 5),
    # Python 3.11 draws no sample of a set.
    Patch(
        "data/common.py",
        "self._rng.sample(self._fallback_candidates, k=1)",
        "self._rng.sample(list(self._fallback_candidates), k=1)",
    ),
    Patch("__init__.py", '"0.6"', f'"{VERSION}"'),
)

SETUP = f'''\
from setuptools import find_packages, setup

setup(
    name="detectron2",
    version="{VERSION}",
    description="Detectron2 v0.6, its Python alone, patched for current libraries",
    url="https://github.com/facebookresearch/detectron2",
    license="Apache-2.0",
    license_files=["LICENSE"],
    packages=find_packages(include=["detectron2", "detectron2.*"]),
    package_data={{"detectron2.model_zoo": ["configs/**/*.yaml", "configs/**/*.py"]}},
    python_requires=">=3.9",
    install_requires=[
        "torch>=2.6", "torchvision", "numpy>=1.24", "Pillow>=9.1", "matplotlib",
        "pycocotools>=2.0.6", "termcolor>=1.1", "yacs>=0.1.8", "tabulate",
        "cloudpickle", "tqdm>4.29.0", "fvcore>=0.1.5.post20221221,<0.1.6",
        "iopath>=0.1.9,<0.1.11", "omegaconf>=2.1,<2.4", "hydra-core>=1.1,<1.4",
    ],
)
'''

# pip runs the sdist's setup.py to read its metadata, and that imports torch. Newer pips
# refuse the sdist, because one of its extras names an address.
FETCHING_PIP = "pip==25.3"
TORCH_STAND_IN = {
    "torch/__init__.py": '__version__ = "2.6.0"\nfrom . import utils\n'
    "class version: hip = None\n"
    "class cuda:\n    @staticmethod\n    def is_available(): return False\n",
    "torch/utils/__init__.py": "from . import cpp_extension\n",
    "torch/utils/cpp_extension.py": "from setuptools import Extension\n"
    "from setuptools.command.build_ext import build_ext as BuildExtension\n"
    "CUDA_HOME = ROCM_HOME = None\n"
    "def CppExtension(name, sources, **_): return Extension(name, sources)\n"
    "CUDAExtension = CppExtension\n",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Build a wheel of Detectron2 0.6.")
    parser.add_argument("folder", type=Path, help="where the wheel goes")
    parser.add_argument("--sdist", type=Path, help="the sdist, if it is here already")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        sdist = asked.sdist or fetch(work)
        check(sdist)
        build(unpack(sdist, work), asked.folder)


def fetch(work: Path) -> Path:
    """Return the sdist, fetched by pip into the folder."""
    stand_in = work / "stand-in"
    for name, text in TORCH_STAND_IN.items():
        (stand_in / name).parent.mkdir(parents=True, exist_ok=True)
        (stand_in / name).write_text(text, encoding="utf-8")
    pip("install", "--no-deps", "--target", str(stand_in), FETCHING_PIP)
    wanted = work / "sdist.txt"
    wanted.write_text(f"{SDIST} --hash=sha256:{SHA256}\n", encoding="utf-8")
    pip(
        *("download", "--no-deps", "--no-binary=:all:", "--no-build-isolation"),
        *("--require-hashes", "-r", str(wanted), "-d", str(work)),
        PYTHONPATH=str(stand_in),
    )
    return next(work.glob("pb1*detectron2-0.6.tar.gz"))


def check(sdist: Path) -> None:
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{sdist} has the SHA-256 {digest}, and {SHA256} is expected.")


def unpack(sdist: Path, work: Path) -> Path:
    """Return the sdist's folder, patched."""
    with tarfile.open(sdist) as packed:
        packed.extractall(work, filter="data")
    source = work / "pb1-detectron2-0.6"
    for patch in PATCHES:
        path = source / "detectron2" / patch.file
        path.write_text(patched(path.read_text("utf-8"), patch), encoding="utf-8")
    (source / "setup.py").write_text(SETUP, encoding="utf-8")
    (source / "setup.cfg").unlink(missing_ok=True)
    return source


def patched(text: str, patch: Patch) -> str:
    """Return the text with the edit; anything unexpected ends the script."""
    found = text.count(patch.old)
    if found != patch.count:
        sys.exit(
            f"{patch.file} holds {patch.old!r} {found} times, not {patch.count}, so "
            "this is not the source that the patches were written for."
        )
    return text.replace(patch.old, patch.new)


def build(source: Path, folder: Path) -> None:
    pip(
        *("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)),
        SOURCE_DATE_EPOCH=DAY,
    )


def pip(*words: str, **environment: str) -> None:
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True, env={**os.environ, **environment})


if __name__ == "__main__":
    main()
