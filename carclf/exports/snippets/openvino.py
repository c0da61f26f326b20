import json
from pathlib import Path

import openvino
from preparation import prepare

bundle = json.loads(Path("bundle.json").read_text(encoding="utf-8"))
image = prepare("photograph.jpg", bundle["preparation"])
network = openvino.Core().compile_model("openvino/model.xml", "CPU")
logits = network(image[None])[0]
print(bundle["classes"][logits[0].argmax()])
