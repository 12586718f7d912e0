"""What differs between two profiles, trees, images or verdicts, fact by fact."""
