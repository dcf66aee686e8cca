"""What every room stands on: errors that speak to a person, and declared YAML documents that know their lines.

Nothing about data, law or storage belongs here.
"""
