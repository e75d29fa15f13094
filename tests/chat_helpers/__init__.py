"""A chat server of our own, for whatever talks to one."""
