"""How the shipped templates are drawn: the house style of Word and Excel papers, for templates/*/author.py."""
