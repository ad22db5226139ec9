"""Long tables decided by column: what is plainly written goes through the database, everything else the scalar way.

The scalar way (`tables.batch`) is the reference. Columns take away from it the rows that are in order, together with all
they are linked with; whatever is odd, open or contradictory is left to it whole, so that both give the same answers.
"""
