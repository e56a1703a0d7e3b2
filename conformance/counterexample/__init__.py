"""How a history is told: as steps one after another, or in lanes where callers meet.

`story` is where it begins. `steps` tells of callers who come one by one. `rows` says who did what when
several act at once, and `lanes` lays that out, a column for each caller.
"""
