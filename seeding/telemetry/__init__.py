"""Events, and what listens to them: logs, metrics, alerts."""
