"""All of Keras: the networks, their training and their export."""
