"""How each kind of personal data is masked."""
