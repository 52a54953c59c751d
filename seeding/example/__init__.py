"""An example app: a small shop, filled by five seeders. Install it as `seeding.example`, read it, and remove it again."""
