"""Lists made from the catalogue: the open list (开放清单), and a district's supplementary catalogue (补充目录)."""
