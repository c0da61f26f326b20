import json
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter
from preparation import prepare

bundle = json.loads(Path("bundle.json").read_text(encoding="utf-8"))
image = prepare("photograph.jpg", bundle["preparation"])
network = Interpreter("model.tflite")
network.allocate_tensors()
network.set_tensor(network.get_input_details()[0]["index"], image[None])
network.invoke()
logits = network.get_tensor(network.get_output_details()[0]["index"])
print(bundle["classes"][logits[0].argmax()])
