"""What people decide about calls, as pure transitions: no database, no clock."""
