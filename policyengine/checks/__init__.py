"""Static checks (being written)."""
def check_plan(plan, plans):
    return []
