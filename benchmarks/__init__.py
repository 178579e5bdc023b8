"""What Aurelius costs, in time, memory and bytes, beside the floor of the same run. `make bench` prints the table."""
