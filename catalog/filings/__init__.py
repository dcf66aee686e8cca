"""What departments file about gathering: exceptions from real time (Longyan 9), and requests for return flow (Chifeng, Longyan 9)."""
