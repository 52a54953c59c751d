"""Commands that the admin starts as processes of their own: who may, what exactly, and what became of them."""
