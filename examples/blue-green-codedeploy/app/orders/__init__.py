"""A small web service that keeps orders in memory."""
