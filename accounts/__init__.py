"""Who somebody is: persons with their roles, their sessions, the keys of departments' systems."""
