"""What moves in a scene: rigs drawn in metres with a `Pen`, found by concept in the registry."""
