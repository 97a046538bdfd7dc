"""What users touch: the Python client, example bots and the web client."""
