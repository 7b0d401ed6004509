"""Paper: the same words always give the same bytes.

What draws is loaded by whoever draws: reportlab is a tenth of the time that every command takes to
start.
"""
