"""Real hosts in a real browser: each module is one host or one thing that every host needs."""
