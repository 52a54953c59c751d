"""An app with one model per trait that real projects' models have."""
