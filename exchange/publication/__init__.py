"""Publication: one way out for statistics and masked datasets.

A release document says what leaves (`release`), rules and reviews say whether it may (`policies`), the rows are masked and
measured (`content`), written (`writing`), described (`manifest`, `dcat`) and moved into place in one step (`service`).
"""
