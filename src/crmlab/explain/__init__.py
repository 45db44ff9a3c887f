"""Tools of explanation, which findings are made with."""
