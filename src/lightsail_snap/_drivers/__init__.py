"""Drivers perform the effects of workflows: in threads, on asyncio and on trio."""
