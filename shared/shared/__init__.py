"""What Plaza's three services share; it knows none of them."""
