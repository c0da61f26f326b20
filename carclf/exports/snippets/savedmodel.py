import json
from pathlib import Path

import tensorflow
from preparation import prepare

bundle = json.loads(Path("bundle.json").read_text(encoding="utf-8"))
image = prepare("photograph.jpg", bundle["preparation"])
network = tensorflow.saved_model.load("saved_model")
logits = network.serve(image[None]).numpy()
print(bundle["classes"][logits[0].argmax()])
