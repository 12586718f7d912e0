"""The node's check, on fake roots and a fake host; a real kernel is the guests' part."""
