"""The gate of a rollout. Pure: faults and use of the robots in a wave against what a random draw would show.

What decides is not a formula for the variance but the draw itself: the waves were drawn at random by a stored rule, so
the same rule is run again some thousand times, and the real wave is compared with those that might have been drawn.
"""
