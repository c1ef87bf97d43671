"""What people take away: comparisons as data, as tables and as pages."""
