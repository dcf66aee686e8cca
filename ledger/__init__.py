"""What left, to whom, under which right, written before it leaves: hash chain, export, stand-alone verifier."""
