"""National codes, each as a scalar function and as a set-based form inside the engine: identity, organisations, places, lists.

Pure: no input or output but its own tables (`make_divisions` writes one of them, and is run by hand). What a city decides for
itself belongs in policy/, not here.
"""
