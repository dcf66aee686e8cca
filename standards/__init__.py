"""National codes, each as a scalar function and as a set-based Ibis form: citizen id, credit code, phone, code lists.

Pure: no input or output but its own tables. What a city decides for itself belongs in policy/, not here.
"""
