"""What every part of the house may use: errors, subprocesses, files, places."""
