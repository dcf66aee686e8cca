"""Ways out of the house: mail, signed webhooks, the robots of chat services."""
