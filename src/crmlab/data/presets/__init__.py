"""Files of shop systems: one module each, found by its path; it says what the files hold."""
