"""Catalogue tasks (目录更新任务): what a department or the authority has to do so that the catalogue stays true."""
