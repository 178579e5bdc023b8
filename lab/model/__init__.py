"""The offline model: the wire of Claude's Messages API, with rules (`lab.rules`) where the model would be."""
