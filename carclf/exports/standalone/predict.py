"""Say what photographs show: python predict.py PHOTOGRAPH ..."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from preparation import prepare

HERE = Path(__file__).resolve().parent
BUNDLE = json.loads((HERE / "bundle.json").read_text(encoding="utf-8"))
# model.onnx where it is there, else model-int8.onnx.
NETWORK = onnxruntime.InferenceSession(sorted(HERE.glob("model*.onnx"))[-1])


def predict(photograph):
    """Return every class's share of 1, in the order of BUNDLE["classes"]."""
    image = prepare(photograph, BUNDLE["preparation"])
    views = [image, image[:, ::-1]] if BUNDLE.get("test_time_flip") else [image]
    logits = NETWORK.run(None, {NETWORK.get_inputs()[0].name: np.stack(views)})[0]
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (raised / raised.sum(axis=1, keepdims=True)).mean(axis=0)


for photograph in sys.argv[1:]:
    shares = predict(photograph)
    for place in np.argsort(-shares, kind="stable")[:5]:
        print(photograph, BUNDLE["classes"][place], f"{shares[place]:.6f}", sep="\t")
