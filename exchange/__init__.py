"""What leaves the hub. Now: publication of statistics and masked datasets. Sharing and grants come here later."""
