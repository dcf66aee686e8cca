"""The catalogue in and out (目录交换): sheets in the national guide's columns, DCAT-AP, and what a district sends to its city."""
