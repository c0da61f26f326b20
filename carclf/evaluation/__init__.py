"""Numbers from predictions; no Keras here."""
