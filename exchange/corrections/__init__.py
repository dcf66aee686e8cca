"""Corrections shared again: who used a value that was put right, and how do they learn of it?"""
