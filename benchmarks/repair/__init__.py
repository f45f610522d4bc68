"""How many real red jobs regreen mends: tried, red the same, fixed, verified, checked again."""
