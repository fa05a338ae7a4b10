"""One file for each group of lines: the sides that run, and what is made of them."""
