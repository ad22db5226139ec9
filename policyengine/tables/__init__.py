"""Tables in, decided tables out: many applications at once, every row accounted for.

From the bottom up: cells and sheets as a file holds them (`cells`, `text`, `lines`, `workbook`), headers to facts (`headers`),
rows to one closed world with what had to be set aside (`rows`), the world decided row by row (`batch`), and what is
written (`columns`, `book`, `flat`). A table is one case: quotas and pools see all of its rows.
"""
