"""The storm: Hypothesis makes schemas and a life in them, and oracles of their own look for a lost row.

schemas.py draws tables of every form, world.py makes them on a server with their models and seeders, life.py draws and performs
what the application and the commands do, dump.py reads all rows by the server's own dump tool, test_storm.py judges.
"""
