"""What goes into every zip and runs there, without carclf."""
