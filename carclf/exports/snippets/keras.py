import json
from pathlib import Path

import keras
from preparation import prepare

bundle = json.loads(Path("bundle.json").read_text(encoding="utf-8"))
image = prepare("photograph.jpg", bundle["preparation"])
network = keras.saving.load_model("model.keras")
logits = network.predict(image[None], verbose=0)
print(bundle["classes"][logits[0].argmax()])
