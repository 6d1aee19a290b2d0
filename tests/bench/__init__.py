"""What is measured, each beside a reference in the same run or the target that is asked for: `make bench`."""
