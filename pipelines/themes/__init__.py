"""Theme libraries (主题库): what a lead department derives from the base libraries, as tested, versioned SQL.

One ``.sql`` file a theme, read and written by analysts: a header in comments says what it is, the query below it makes it.
"""
