"""Processes that do the tasks of a run, each on its own connection and by leave of the process that holds the lock."""
