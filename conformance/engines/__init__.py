"""What runs callers: threads that take turns, and an asyncio loop, both by a virtual clock."""
