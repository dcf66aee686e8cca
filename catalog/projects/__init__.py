"""Projects of information systems (信息化项目): the gate that the catalogue is for them, what they must show, what is certified."""
