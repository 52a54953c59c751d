"""The storm: Hypothesis makes schemas and a life in them, and oracles of their own look for a lost row.

schemas.py draws tables of every form, ddl.py and application.py make them on a server, seeders.py their models and seeders;
life.py draws and performs what the application and the commands do, victim.py the commands that are killed; dump.py reads all
rows by the server's own dump tool, judge.py and test_storm.py judge, summary.py counts what became of the schemas.
"""
