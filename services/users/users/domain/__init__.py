"""Pure rules of users: passwords, refresh tokens, money, payments; no Django, no clock, no database."""
