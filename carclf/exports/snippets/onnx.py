import json
from pathlib import Path

import onnxruntime
from preparation import prepare

bundle = json.loads(Path("bundle.json").read_text(encoding="utf-8"))
image = prepare("photograph.jpg", bundle["preparation"])
network = onnxruntime.InferenceSession("model.onnx")
logits = network.run(None, {network.get_inputs()[0].name: image[None]})[0]
print(bundle["classes"][logits[0].argmax()])
